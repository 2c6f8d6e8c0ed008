using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Server.Management;

/// <summary>Adds the management API to the server, with its document.</summary>
internal static class ManagementHosting
{
    public static void Add(IServiceCollection collection, ManagementServices services)
    {
        collection.AddSingleton(services);
        collection.ConfigureHttpJsonOptions(json =>
        {
            var options = json.SerializerOptions;
            options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
            options.NumberHandling = JsonNumberHandling.Strict;
            options.RespectRequiredConstructorParameters = true;
            options.RespectNullableAnnotations = true;
        });

        // What cannot be read is thrown, so that the gate tells of it in the shape of all problems.
        collection.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        collection.AddOpenApi(OpenApiText.DocumentName, OpenApiText.Configure);
    }

    /// <summary>Before the handlers.</summary>
    public static void Use(WebApplication application) => application.UseMiddleware<ManagementGate>();

    public static void Map(WebApplication application)
    {
        ManagementRoutes.Map(application);
        application.MapOpenApi("/openapi/{documentName}.json").ExcludeFromDescription();
    }
}
