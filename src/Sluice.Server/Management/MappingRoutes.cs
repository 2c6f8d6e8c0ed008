using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Server.Management;

public sealed record MappingLineView(
    [property: Description("What it is at Mixpanel: an event's name, or a property's.")] string Source,
    [property: Description("What it becomes in Brevo.")] string Target,
    [property: Description("The attribute's type where the config file fixes it; null otherwise.")] string? Type);

public sealed record MappingsView(
    [property: Description("Events that are sent under another name.")] IReadOnlyList<MappingLineView> Events,
    [property: Description("Whether events without a line are sent under their own name.")] bool SendsUnmapped,
    [property: Description("Properties of profiles that become attributes of contacts.")] IReadOnlyList<MappingLineView> Properties);

/// <summary>How events and properties are named in Brevo.</summary>
internal static class MappingRoutes
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/mappings", Show).Is(
        "Mappings", "getMappings", "Show the mappings", "What the config file says in event_mapping and property_mapping. They are changed there, and nowhere else.");

    private static Ok<MappingsView> Show(HttpContext context, ManagementServices services)
    {
        var mappings = services.Mappings(context.Project().Id);
        return TypedResults.Ok(new MappingsView(
            [.. mappings.Events.Select(e => new MappingLineView(e.Source, e.Target, e.Type))], mappings.SendsUnmapped,
            [.. mappings.Properties.Select(p => new MappingLineView(p.Source, p.Target, p.Type))]));
    }
}
