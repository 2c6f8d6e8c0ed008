using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Delivery;
using Sluice.Core.Management;

namespace Sluice.Server.Management;

public sealed record ConnectorView(
    [property: Description("`mixpanel` or `brevo`.")] string Name,
    [property: Description("`paused` by a person with this API; `disabled` by the config file.")] ConnectorState State,
    [property: Description("Who says what the connector uses: the config file, this API, or both, each a part of it.")] ConnectorSource Source,
    [property: Description("Mixpanel's number of the project; null for Brevo.")] string? ProjectId,
    [property: Description("User name of Mixpanel's service account; null where there is none.")] string? ServiceAccountUser,
    [property: Description("Id of Mixpanel's OAuth client; null where there is none.")] string? OauthClientId,
    [property: Description("Where Mixpanel keeps the project's data: `us`, `eu` or `in`; null for Brevo.")] string? DataResidency,
    [property: Description("Why deliveries to Brevo wait at the moment; null when they do not.")] string? Waiting,
    [property: Description("Why the node that answers does not work with it yet as it is stored; null when it does. It is tried again every few seconds.")] string? Pending,
    [property: Description("When it was last connected, paused or resumed by this API; null when never.")] DateTimeOffset? ChangedAt);

public sealed record ConnectorList([property: Description("All connectors there are, connected or not.")] IReadOnlyList<ConnectorView> Items);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MixpanelConnectionRequest(
    [property: Description("The token that SDKs send with; an identifier, no secret.")] string? ProjectToken = null,
    [property: Description("User name of a service account of the project. Together with its secret and the project's number.")] string? ServiceAccountUser = null,
    [property: Description("The service account's secret. Stored encrypted, never shown again.")] string? ServiceAccountSecret = null,
    [property: Description("Mixpanel's number of the project, in decimal digits.")] string? ProjectId = null,
    [property: Description("Where Mixpanel keeps the project's data. Default: us.")] MixpanelResidencyView DataResidency = MixpanelResidencyView.Us,
    [property: Description("Whether to ask Mixpanel first whether it takes the credentials; one call of its app API, outside the query budget. Default: false.")] bool Check = false,
    [property: Description("Id of an OAuth client, instead of a service account. Together with a refresh token and the project's number.")] string? OauthClientId = null,
    [property: Description("The OAuth client's secret; none for a public client. Stored encrypted, never shown again.")] string? OauthClientSecret = null,
    [property: Description("The refresh token that somebody was given for the client. Stored encrypted, never shown again. It changes with use, and Sluice keeps what it becomes; the same one sent again goes on where it was.")] string? OauthRefreshToken = null)
{
    public override string ToString() => nameof(MixpanelConnectionRequest);
}

public enum MixpanelResidencyView
{
    Us,
    Eu,
    In,
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BrevoConnectionRequest(
    [property: Description("API key of the Brevo account. Stored encrypted, never shown again.")] string ApiKey)
{
    public override string ToString() => nameof(BrevoConnectionRequest);
}

/// <summary>What is connected.</summary>
internal static class ConnectorRoutes
{
    private const string Tag = "Connectors";
    private const int LongestCredential = 512;

    // They may be signed texts with claims in them.
    private const int LongestToken = 4096;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/connectors", ListAsync).Is(Tag, "listConnectors", "List the connectors", "How Mixpanel and Brevo stand for the project. No secret is shown.");
        routes.MapGet("/connectors/{name}", ShowAsync).Refuses(404).Is(Tag, "getConnector", "Show a connector", "How one connector stands. No secret is shown.");
        routes.MapPut("/connectors/mixpanel", ConnectMixpanelAsync).MayPend().TakesBody().Refuses(409, 422, 502).Is(
            Tag, "connectMixpanel", "Connect Mixpanel",
            "Stores credentials of the Mixpanel project, encrypted, in place of those that were stored before; the project's work goes on with them at once. They serve where the config file sets none: what contradicts the file is refused.");
        routes.MapPut("/connectors/brevo", ConnectBrevoAsync).MayPend().TakesBody().Refuses(409, 422, 502).Is(
            Tag, "connectBrevo", "Connect Brevo",
            "Stores the API key of the Brevo account, encrypted, in place of the one that was stored before; deliveries begin at once. Brevo is asked first whose account it is: a project stays with its first account. Refused when the config file sets another connectors.brevo.api_key.");
        routes.MapPost("/connectors/{name}/pause", PauseAsync).MayPend().Refuses(404, 409).Is(
            Tag, "pauseConnector", "Pause a connector", "Stops what goes there or comes from there; what is received is kept, and erasures are passed on all the same. It stays paused over restarts.");
        routes.MapPost("/connectors/{name}/resume", ResumeAsync).MayPend().Refuses(404, 409).Is(Tag, "resumeConnector", "Resume a connector", "Ends a pause. What has waited is done.");
        routes.MapDelete("/connectors/{name}", DisconnectAsync).MayPend().Refuses(404, 409).Is(
            Tag, "disconnectConnector", "Disconnect a connector", "Forgets credentials that were stored by this API. What the config file declares stays; lists in Brevo stay as they are.");
    }

    /// <summary>A change that is stored while the node cannot follow it yet is no failure, and not done either.</summary>
    private static RouteHandlerBuilder MayPend(this RouteHandlerBuilder route) => route.Produces<ConnectorView>(StatusCodes.Status202Accepted);

    private static async Task<Ok<ConnectorList>> ListAsync(HttpContext context, ManagementServices services, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ConnectorList([.. (await services.Connectors.ListAsync(context.Project().Id, cancellationToken)).Select(View)]));

    private static async Task<Results<Ok<ConnectorView>, Refused>> ShowAsync(
        HttpContext context, [Description("`mixpanel` or `brevo`.")] string name, ManagementServices services, CancellationToken cancellationToken) =>
        await FindAsync(context, name, services, cancellationToken) is { } view ? TypedResults.Ok(view) : Unknown(name);

    private static async Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> ConnectMixpanelAsync(
        HttpContext context, MixpanelConnectionRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        var oauth = request is { OauthClientId: { } client, OauthRefreshToken: { } token } ? new OAuthLogin(client, request.OauthClientSecret, token) : null;
        var login = new MixpanelLogin(
            request.ProjectToken, request.ServiceAccountUser, request.ServiceAccountSecret, request.ProjectId, request.DataResidency.ToString().ToLowerInvariant(), oauth);
        return await AnswerAsync(
            await services.Connectors.ConnectAsync(context.Project().Id, login, request.Check, cancellationToken), context, ConnectorName.Mixpanel, services, cancellationToken);
    }

    private static async Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> ConnectBrevoAsync(
        HttpContext context, BrevoConnectionRequest request, ManagementServices services, CancellationToken cancellationToken)
    {
        if (Problem("apiKey", request.ApiKey) is { } problem)
        {
            return problem;
        }

        return await AnswerAsync(
            await services.Connectors.ConnectDestinationAsync(context.Project().Id, request.ApiKey, cancellationToken),
            context, ConnectorName.Brevo, services, cancellationToken);
    }

    private static Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> PauseAsync(
        HttpContext context, [Description("`mixpanel` or `brevo`.")] string name, ManagementServices services, CancellationToken cancellationToken) =>
        SetPausedAsync(context, name, paused: true, services, cancellationToken);

    private static Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> ResumeAsync(
        HttpContext context, [Description("`mixpanel` or `brevo`.")] string name, ManagementServices services, CancellationToken cancellationToken) =>
        SetPausedAsync(context, name, paused: false, services, cancellationToken);

    private static async Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> SetPausedAsync(
        HttpContext context, string name, bool paused, ManagementServices services, CancellationToken cancellationToken) =>
        ConnectorName.All.Contains(name)
            ? await AnswerAsync(
                await services.Connectors.PauseAsync(context.Project().Id, name, paused, cancellationToken), context, name, services, cancellationToken)
            : Unknown(name);

    private static async Task<Results<NoContent, Accepted<ConnectorView>, Refused>> DisconnectAsync(
        HttpContext context, [Description("`mixpanel` or `brevo`.")] string name, ManagementServices services, CancellationToken cancellationToken)
    {
        if (!ConnectorName.All.Contains(name))
        {
            return Unknown(name);
        }

        var answer = await services.Connectors.DisconnectAsync(context.Project().Id, name, cancellationToken);
        if (answer.Outcome != ConnectorOutcome.Done)
        {
            return Refusal(answer);
        }

        return await ChangedAsync(context, name, services, cancellationToken) switch
        {
            { Pending: not null } view => TypedResults.Accepted((string?)null, view),
            _ => TypedResults.NoContent(),
        };
    }

    private static async Task<Results<Ok<ConnectorView>, Accepted<ConnectorView>, Refused>> AnswerAsync(
        ConnectorAnswer answer, HttpContext context, string name, ManagementServices services, CancellationToken cancellationToken)
    {
        if (answer.Outcome != ConnectorOutcome.Done)
        {
            return Refusal(answer);
        }

        return await ChangedAsync(context, name, services, cancellationToken) switch
        {
            { Pending: null } view => TypedResults.Ok(view),
            { } view => TypedResults.Accepted((string?)null, view),
            null => Unread,
        };
    }

    /// <summary>How a connector stands after a change; null when that cannot be read, which changes nothing about the change.</summary>
    private static async Task<ConnectorView?> ChangedAsync(HttpContext context, string name, ManagementServices services, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(context, name, services, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    private static async Task<ConnectorView?> FindAsync(HttpContext context, string name, ManagementServices services, CancellationToken cancellationToken) =>
        (await services.Connectors.ListAsync(context.Project().Id, cancellationToken)).FirstOrDefault(c => c.Name == name) is { } found ? View(found) : null;

    private static Refused Unread { get; } = new(
        StatusCodes.Status503ServiceUnavailable, "change-made", "The change was made.", "How the connector stands now could not be read, the store is busy: ask for it later.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static Refused Unknown(string name) => Refused.NotFound($"There is no connector \"{(name.Length > 40 ? name[..40] : name)}\"; there are: {string.Join(", ", ConnectorName.All)}.");

    private static Refused Refusal(ConnectorAnswer answer) => answer.Outcome switch
    {
        ConnectorOutcome.Declared => Refused.Conflict("declared-in-config", answer.Detail!, answer.Field),
        ConnectorOutcome.Taken => Refused.Conflict("taken", answer.Detail!, answer.Field),
        ConnectorOutcome.OtherAccount => Refused.Conflict("other-account", answer.Detail!, answer.Field),
        ConnectorOutcome.Refused => new Refused(StatusCodes.Status422UnprocessableEntity, "credentials-refused", "The credentials were not taken.", answer.Detail!)
        {
            Errors = answer.Field is { } field ? [new FieldProblem(field, answer.Detail!)] : [],
        },
        ConnectorOutcome.Unreachable => new Refused(StatusCodes.Status502BadGateway, "not-reachable", "The other side could not be asked.", answer.Detail!),
        _ => Refused.Conflict("not-connected", answer.Detail ?? "The connector is not connected."),
    };

    private static Refused? Problem(MixpanelConnectionRequest request)
    {
        if (request is
            {
                ProjectToken: null, ServiceAccountUser: null, ServiceAccountSecret: null, ProjectId: null, OauthClientId: null, OauthClientSecret: null, OauthRefreshToken: null,
            })
        {
            return Refused.Invalid("projectToken", "is missing, and so is everything else that could be connected");
        }

        if (request.ServiceAccountUser is null != request.ServiceAccountSecret is null)
        {
            return Refused.Invalid(request.ServiceAccountUser is null ? "serviceAccountUser" : "serviceAccountSecret", "is missing: a service account has both");
        }

        if (request.OauthClientId is null != request.OauthRefreshToken is null)
        {
            return Refused.Invalid(request.OauthClientId is null ? "oauthClientId" : "oauthRefreshToken", "is missing: one goes with the other");
        }

        if (request is { OauthClientId: null, OauthClientSecret: not null })
        {
            return Refused.Invalid("oauthClientId", "is missing, and whose secret it is");
        }

        if (request is { OauthClientId: not null, ServiceAccountUser: not null })
        {
            return Refused.Invalid("oauthClientId", "stands beside a service account: keep one of the two");
        }

        if (request is { ServiceAccountUser: not null, ProjectId: null } or { OauthClientId: not null, ProjectId: null })
        {
            return Refused.Invalid("projectId", $"is missing: Mixpanel refuses {(request.OauthClientId is null ? "a service account" : "OAuth tokens")} without it");
        }

        if (request.ProjectId is { } id && (id.Length is 0 or > 20 || !id.All(char.IsAsciiDigit)))
        {
            return Refused.Invalid("projectId", "is not a number in decimal digits");
        }

        return Problem("projectToken", request.ProjectToken)
            ?? Problem("serviceAccountUser", request.ServiceAccountUser)
            ?? (request.ServiceAccountUser?.Contains(':', StringComparison.Ordinal) == true ? Refused.Invalid("serviceAccountUser", "has a colon in it, which no user name has") : null)
            ?? Problem("serviceAccountSecret", request.ServiceAccountSecret)
            ?? Problem("oauthClientId", request.OauthClientId)
            ?? Problem("oauthClientSecret", request.OauthClientSecret)
            ?? Problem("oauthRefreshToken", request.OauthRefreshToken, LongestToken);
    }

    private static Refused? Problem(string field, string? credential, int longest = LongestCredential) => credential switch
    {
        null => null,
        "" => Refused.Invalid(field, "is empty"),
        _ when credential.Length > longest => Refused.Invalid(field, $"has more than {longest} characters"),
        _ when credential.Any(c => c is < ' ' or > '~') => Refused.Invalid(field, "has characters that no credential has: spaces around it, or a line break"),
        _ when char.IsWhiteSpace(credential[0]) || char.IsWhiteSpace(credential[^1]) => Refused.Invalid(field, "has spaces around it"),
        _ => null,
    };

    private static ConnectorView View(ConnectorStatus status) =>
        new(status.Name, status.State, status.Source, status.Account, status.User, status.OAuthClient, status.Residency, status.Waiting, status.Pending, status.ChangedAt);
}
