using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Sluice.Core.Projects;
using Sluice.Server.Management;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Routes of the management API without the gate before them: every call is one of the project <c>shop</c>.</summary>
internal static class ManagementApp
{
    /// <summary>Nothing is there but the clock: a test puts in what its routes use.</summary>
    public static ManagementServices NoServices { get; } = new()
    {
        Keys = null!,
        Connectors = null!,
        Budgets = null!,
        Syncs = null!,
        Groups = null!,
        People = null!,
        Records = null!,
        DeadLetters = null!,
        Suppressions = null!,
        IntakeCounts = null!,
        Repeats = null!,
        Mappings = null!,
        TimeProvider = TimeProvider.System,
    };

    public static async Task<WebApplication> StartAsync(ManagementServices services, Action<IEndpointRouteBuilder> map, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        ManagementHosting.Add(builder.Services, services);
        var app = builder.Build();
        app.Use((context, next) =>
        {
            ManagementRoutes.SetProject(context, new Project("shop", "access", null, TimeZoneInfo.Utc));
            return next(context);
        });
        map(app);
        await app.StartAsync(cancellationToken);
        return app;
    }
}
