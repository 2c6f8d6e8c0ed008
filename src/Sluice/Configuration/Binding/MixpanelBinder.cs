using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>connectors.mixpanel</c>, without its lists.</summary>
internal static class MixpanelBinder
{
    public static MixpanelConnectorSettings Bind(BlockReader mixpanel, ReadContext context)
    {
        var sync = mixpanel.Section(MixpanelKeys.Sync);
        var endpoints = mixpanel.Section(MixpanelKeys.Endpoints);
        var forward = mixpanel.Get(MixpanelKeys.Forward);
        JudgeCredentials(mixpanel, forward, context);
        return new MixpanelConnectorSettings
        {
            Enabled = mixpanel.Get(MixpanelKeys.Enabled),
            ProjectToken = mixpanel.Get(MixpanelKeys.ProjectToken),
            ServiceAccount = BindServiceAccount(mixpanel.Section(MixpanelKeys.ServiceAccount)),
            ProjectSecret = mixpanel.Get(MixpanelKeys.ProjectSecret),
            OauthToken = mixpanel.Get(MixpanelKeys.OauthToken),
            OAuth = BindOAuth(mixpanel.Section(MixpanelKeys.OAuth)),
            GdprToken = mixpanel.Get(MixpanelKeys.GdprToken),
            ProjectId = mixpanel.Get(MixpanelKeys.ProjectId),
            DataResidency = mixpanel.Get(MixpanelKeys.Residency),
            Identity = mixpanel.Get(MixpanelKeys.Identity),
            IdentityProperty = mixpanel.Get(MixpanelKeys.IdentityProperty),
            Sync = new SyncSettings(
                Events: sync.Get(MixpanelKeys.SyncEvents),
                Profiles: sync.Get(MixpanelKeys.SyncProfiles),
                Cohorts: sync.Get(MixpanelKeys.SyncCohorts),
                Groups: sync.Get(MixpanelKeys.SyncGroups)),
            Forward = forward,
            Endpoints = new MixpanelEndpointSettings(
                Ingestion: endpoints.Get(MixpanelKeys.Ingestion),
                Query: endpoints.Get(MixpanelKeys.Query),
                Export: endpoints.Get(MixpanelKeys.Export),
                App: endpoints.Get(MixpanelKeys.App),
                Token: endpoints.Get(MixpanelKeys.Token)),
        };
    }

    private static ServiceAccountSettings? BindServiceAccount(BlockReader account)
    {
        var username = account.Get(MixpanelKeys.Username);
        var secret = account.Get(MixpanelKeys.AccountSecret);
        return username is null || secret is null ? null : new ServiceAccountSettings(username, secret);
    }

    private static OAuthSettings? BindOAuth(BlockReader oauth)
    {
        var clientId = oauth.Get(MixpanelKeys.ClientId);
        var clientSecret = oauth.Get(MixpanelKeys.ClientSecret);
        var refreshToken = oauth.Get(MixpanelKeys.RefreshToken);
        return clientId is null || refreshToken is null ? null : new OAuthSettings(clientId, clientSecret, refreshToken);
    }

    private static void JudgeCredentials(BlockReader mixpanel, bool forward, ReadContext context)
    {
        if (mixpanel.Has(MixpanelKeys.ServiceAccount) && mixpanel.Has(MixpanelKeys.OauthToken))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.OauthToken), "is set beside service_account", "keep one of the two");
        }

        if (mixpanel.Has(MixpanelKeys.OAuth) && (mixpanel.Has(MixpanelKeys.ServiceAccount) || mixpanel.Has(MixpanelKeys.OauthToken)))
        {
            context.Problem(
                mixpanel.PlaceOf(MixpanelKeys.OAuth), $"is set beside {(mixpanel.Has(MixpanelKeys.ServiceAccount) ? "service_account" : "oauth_token")}", "keep one of the two");
        }

        if (mixpanel.Has(MixpanelKeys.OAuth) && !mixpanel.Has(MixpanelKeys.ProjectId))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.ProjectId), "is required with oauth", MixpanelKeys.ProjectId.Shape.Remedy);
        }

        // Mixpanel refuses a service account without the project it is used for.
        if (mixpanel.Has(MixpanelKeys.ServiceAccount) && !mixpanel.Has(MixpanelKeys.ProjectId))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.ProjectId), "is required with service_account", MixpanelKeys.ProjectId.Shape.Remedy);
        }

        // The token of the organisation opens; that of the project says which of its projects is meant.
        if (mixpanel.Has(MixpanelKeys.GdprToken) && !mixpanel.Has(MixpanelKeys.ProjectToken))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.ProjectToken), "is required with gdpr_token", MixpanelKeys.ProjectToken.Shape.Remedy);
        }

        // Events and profile updates carry the token of the project they are for.
        if (forward && !mixpanel.Has(MixpanelKeys.ProjectToken))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.ProjectToken), "is required with forward", MixpanelKeys.ProjectToken.Shape.Remedy);
        }
    }
}
