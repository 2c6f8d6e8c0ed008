using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Server.Hosting;

namespace Sluice.Server.Query;

/// <summary>Adds the query API to the server.</summary>
internal static class QueryEndpoints
{
    public static void Map(WebApplication application, RequestFrame frame, ServerServices services)
    {
        if (services.Reports is not { } reports)
        {
            return;
        }

        var endpoint = ActivatorUtilities.CreateInstance<QueryEndpoint>(application.Services, reports);
        foreach (var pattern in QueryPaths.Patterns)
        {
            application.Map(pattern, frame.Around(QueryEndpoint.Route, endpoint.HandleAsync));
        }
    }
}
