using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Management;
using Sluice.Core.Projects;

namespace Sluice.Server.Management;

public sealed record ProjectView(
    [property: Description("The project's id, as it stands in URLs.")] string Id,
    [property: Description("User name of what calls Sluice.")] string AccessKey,
    [property: Description("IANA name of the time zone in which days begin and end.")] string TimeZone,
    [property: Description("Mixpanel's number of the project; null when none is connected.")] string? MixpanelProjectId,
    [property: Description("How ids become people.")] IdentityModeView Identity);

public enum IdentityModeView
{
    Simplified,
    Original,
    Legacy,
}

public sealed record KeyView(
    [property: Description("Names the key; it tells nothing of the key itself.")] string Id,
    [property: Description("Whether the config file sets it: then only the file can end it.")] bool Declared,
    [property: Description("When it began to open the project.")] DateTimeOffset CreatedAt);

public sealed record KeyList([property: Description("The live keys, oldest first: one, or two while one replaces the other.")] IReadOnlyList<KeyView> Items);

public sealed record NewKeyView(
    [property: Description("Names the key.")] string Id,
    [property: Description("User name of what calls Sluice.")] string AccessKey,
    [property: Description("Password of what calls Sluice. Shown this once; it cannot be read again.")] string SecretKey,
    [property: Description("When it began to open the project.")] DateTimeOffset CreatedAt);

/// <summary>The project itself and its keys.</summary>
internal static class ProjectRoutes
{
    private const string Tag = "Project";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/project", Show).Is(Tag, "getProject", "Show the project", "The project that the keys of the call open.");
        routes.MapGet("/keys", ListAsync).Is(Tag, "listKeys", "List the live keys", "Secret keys by their ids; the keys themselves are not kept.");
        routes.MapPost("/keys", MakeAsync).Refuses(409).Is(
            Tag, "createKey", "Make a second key",
            "Begins a rotation: the new pair opens the project at once on this node and within seconds on others, and the old one goes on to open it until it is revoked. At most two are live.");
        routes.MapDelete("/keys/{id}", RevokeAsync).Refuses(404, 409).Is(
            Tag, "revokeKey", "Revoke a key", "Ends a rotation: the key opens nothing any more. The last live key cannot be revoked, nor one that the config file sets.");
    }

    private static Ok<ProjectView> Show(HttpContext context)
    {
        var project = context.Project();
        return TypedResults.Ok(new ProjectView(
            project.Id, project.AccessKey, project.TimeZone.Id, project.RemoteProject, Enum.Parse<IdentityModeView>(project.Identity.ToString())));
    }

    private static async Task<Ok<KeyList>> ListAsync(HttpContext context, ManagementServices services, CancellationToken cancellationToken)
    {
        var project = context.Project().Id;
        var keys = await services.Keys.ListAsync(project, cancellationToken);
        return TypedResults.Ok(new KeyList([.. keys.Select(k => new KeyView(k.Id, services.Keys.IsDeclared(project, k.Id), k.CreatedAt))]));
    }

    private static async Task<Results<Created<NewKeyView>, Refused>> MakeAsync(HttpContext context, ManagementServices services, CancellationToken cancellationToken)
    {
        if (await services.Keys.MakeAsync(context.Project().Id, cancellationToken) is not { } made)
        {
            return Refused.Conflict("two-keys", $"{ProjectCredentials.MaximumSecrets} keys are live already: revoke one first.");
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"{ManagementRoutes.Prefix}/keys/{made.Key.Id}", new NewKeyView(made.Key.Id, made.Pair.AccessKey, made.Pair.SecretKey, made.Key.CreatedAt));
    }

    private static async Task<Results<NoContent, Refused>> RevokeAsync(
        HttpContext context, [Description("The key's id.")] string id, ManagementServices services, CancellationToken cancellationToken)
    {
        var project = context.Project().Id;
        if (services.Keys.IsDeclared(project, id))
        {
            return Refused.Conflict("declared-in-config", "The config file sets this key (project.secret_key): change it there.");
        }

        return await services.Keys.RevokeAsync(project, id, cancellationToken) switch
        {
            KeyRevocation.Revoked => TypedResults.NoContent(),
            KeyRevocation.Last => Refused.Conflict("last-key", "It is the last live key: make another one first."),
            _ => Refused.NotFound("No live key of the project has this id."),
        };
    }
}
