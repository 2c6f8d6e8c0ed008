using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Hosting;

/// <summary>How a project's Mixpanel is called, and the budgets of it.</summary>
internal sealed record MixpanelAccess(MixpanelClientOptions Options, MixpanelBudgets Budgets)
{
    /// <summary>Null for a project whose settings open no API of Mixpanel's: the token opens none.</summary>
    public static MixpanelAccess? Of(ProjectSettings project, IPermitBooks books, TimeProvider time) =>
        project.Active.Mixpanel is { Enabled: true } mixpanel && CredentialsOf(mixpanel) is { } credentials
            ? new MixpanelAccess(
                new MixpanelClientOptions { Credentials = credentials, Hosts = HostsOf(mixpanel), TimeProvider = time },
                new MixpanelBudgets(books, AccountOf(mixpanel), time))
            : null;

    public static MixpanelCredentials? CredentialsOf(MixpanelConnectorSettings mixpanel) => mixpanel switch
    {
        { ServiceAccount: { } account, ProjectId: { } id } => MixpanelCredentials.ServiceAccount(account.Username, account.Secret.Reveal(), id),
        { OauthToken: { } token, ProjectId: { } id } => MixpanelCredentials.OAuth(token.Reveal(), id),
        { ProjectSecret: { } secret } => MixpanelCredentials.ProjectSecret(secret.Reveal()),
        _ => null,
    };

    public static MixpanelHosts HostsOf(MixpanelConnectorSettings mixpanel) =>
        MixpanelHosts.Of(ResidencyOf(mixpanel.DataResidency)).With(mixpanel.Endpoints.Ingestion, mixpanel.Endpoints.Query, mixpanel.Endpoints.Export, mixpanel.Endpoints.App);

    public static MixpanelResidency ResidencyOf(DataResidency residency) => residency switch
    {
        DataResidency.Eu => MixpanelResidency.EuropeanUnion,
        DataResidency.In => MixpanelResidency.India,
        _ => MixpanelResidency.UnitedStates,
    };

    // Mixpanel counts by project, whoever calls. Its number says so best; what else is there is as much its own.
    public static string AccountOf(MixpanelConnectorSettings mixpanel) =>
        MixpanelBudgets.AccountOf(HostsOf(mixpanel).Query, mixpanel.ProjectId ?? mixpanel.ProjectToken ?? mixpanel.ProjectSecret?.Reveal() ?? "");
}
