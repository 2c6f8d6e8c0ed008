using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary><c>/oauth/token/</c>: a refresh token for an access token, with a new refresh token beside it.</summary>
internal static class OAuthEndpoint
{
    public static MixpanelAnswer Token(World world, IngestionRequest request)
    {
        request.Form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(request.Body));
        var (clientId, clientSecret) = Client(request);
        if (clientId is null || !world.OAuth.Knows(clientId, clientSecret))
        {
            return Error(401, "invalid_client");
        }

        if (request.Parameter("grant_type") != "refresh_token")
        {
            return Error(400, "unsupported_grant_type");
        }

        var life = world.Options.Query.AccessTokenLife;
        return world.OAuth.Exchange(clientId, request.Parameter("refresh_token") ?? "", world.Now + life) is var (access, refresh)
            ? MixpanelAnswer.Json(200, new JsonObject
            {
                ["access_token"] = access,
                ["token_type"] = "Bearer",
                ["expires_in"] = (long)life.TotalSeconds,
                ["refresh_token"] = refresh,
                ["scope"] = "projects analysis events insights segmentation retention data:read funnels",
            })
            : Error(400, "invalid_grant");
    }

    // The secret comes in the header, in the form, or not at all.
    private static (string? Id, string? Secret) Client(IngestionRequest request) =>
        Credentials.Basic(request.Authorization) is var (id, secret)
            ? (id, secret)
            : (request.Parameter("client_id"), request.Parameter("client_secret"));

    private static MixpanelAnswer Error(int status, string error) => MixpanelAnswer.Json(status, new JsonObject { ["error"] = error });
}
