using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Hosting;

/// <summary>How a project's Mixpanel is called, and the budgets of it.</summary>
internal sealed record MixpanelAccess(MixpanelClientOptions Options, MixpanelBudgets Budgets)
{
    /// <summary>Null for a project whose settings open no API of Mixpanel's: the token opens none.</summary>
    public static MixpanelAccess? Of(ProjectSettings project, IPermitBooks books, MixpanelTokens tokens, TimeProvider time) =>
        project.Active.Mixpanel is { Enabled: true } mixpanel && CredentialsOf(mixpanel, tokens.Of(project)) is { } credentials
            ? new MixpanelAccess(
                new MixpanelClientOptions { Credentials = credentials, Hosts = HostsOf(mixpanel), TimeProvider = time },
                new MixpanelBudgets(books, AccountsOf(mixpanel), time))
            : null;

    /// <param name="oauth">Where the tokens of the block <c>oauth</c> come from; null when it is not there.</param>
    public static MixpanelCredentials? CredentialsOf(MixpanelConnectorSettings mixpanel, IMixpanelTokenSource? oauth) => mixpanel switch
    {
        { ServiceAccount: { } account, ProjectId: { } id } => MixpanelCredentials.ServiceAccount(account.Username, account.Secret.Reveal(), id),
        { ProjectId: { } id } when oauth is not null => MixpanelCredentials.OAuth(oauth, id),
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

    /// <summary>
    /// The names under which calls are counted. Mixpanel counts by project, whoever calls; what we know of the project can grow, from its secret to its number, and what
    /// was counted under one name has to count under the next.
    /// </summary>
    public static IReadOnlyList<string> AccountsOf(MixpanelConnectorSettings mixpanel) =>
    [
        .. new[] { mixpanel.ProjectId, mixpanel.ProjectToken, mixpanel.ProjectSecret?.Reveal() }.OfType<string>().DefaultIfEmpty("")
            .Select(key => MixpanelBudgets.AccountOf(HostsOf(mixpanel).Query, key)).Distinct(StringComparer.Ordinal),
    ];
}
