using System.Text.RegularExpressions;
using Sluice.Configuration.Reading;
using Sluice.Core.Delivery;
using Sluice.Core.Identity;

namespace Sluice.Configuration.Definition;

internal static partial class MixpanelKeys
{
    private static readonly TextShape Word = new("text", pattern: null, "text on one line");

    public static readonly Key<bool> Enabled = Switch("enabled", @default: true, "Whether Sluice calls Mixpanel and accepts its webhook.");

    public static readonly Key<string> ProjectToken = new(
        "project_token", Word, "The token that SDKs send with; an identifier, not a credential. Required with `forward`.")
    {
        Example = "${MIXPANEL_TOKEN}",
    };

    public static readonly Key<string> Username = new("username", Word, "User name of the service account.")
    {
        IsRequired = true,
        Example = "sluice.1a2b3c.mp-service-account",
    };

    public static readonly Key<Secret> AccountSecret = new("secret", new SecretShape(), "Secret of the service account.")
    {
        IsRequired = true,
        Example = "${MIXPANEL_SECRET}",
    };

    public static readonly Key<BlockReader> ServiceAccount = new(
        "service_account", new BlockShape(Username, AccountSecret), "Credentials for Mixpanel's APIs. Needs `project_id`.");

    public static readonly Key<Secret> ProjectSecret = new(
        "project_secret", new SecretShape(), "The project's secret, with which older clients call; Mixpanel retires it in March 2027.")
    {
        Example = "${MIXPANEL_PROJECT_SECRET}",
    };

    public static readonly Key<Secret> OauthToken = new("oauth_token", new SecretShape(), "Bearer token, instead of the service account.")
    {
        Example = "${MIXPANEL_OAUTH}",
    };

    public static readonly Key<string> ClientId = new("client_id", Word, "Id under which the OAuth client was registered at Mixpanel.")
    {
        IsRequired = true,
        Example = "sluice-of-the-shop",
    };

    public static readonly Key<Secret> ClientSecret = new("client_secret", new SecretShape(), "Secret of the OAuth client.")
    {
        Without = "a public client, which has none",
        Example = "${MIXPANEL_OAUTH_SECRET}",
    };

    public static readonly Key<Secret> RefreshToken = new(
        "refresh_token", new SecretShape(), "The refresh token that somebody was given. It changes with use: what it has become is kept in the store, encrypted, and this one stays here as it is.")
    {
        IsRequired = true,
        Example = "${MIXPANEL_REFRESH_TOKEN}",
    };

    public static readonly Key<BlockReader> OAuth = new(
        "oauth", new BlockShape(ClientId, ClientSecret, RefreshToken), "OAuth tokens that Sluice renews, instead of the service account. Needs `project_id`.");

    public static readonly Key<Secret> GdprToken = new(
        "gdpr_token", new SecretShape(), "OAuth token of an owner or admin of the organisation: erasures are passed on to Mixpanel with it. Needs `project_token`.")
    {
        Without = "erasures are not passed on",
        Example = "${MIXPANEL_GDPR_TOKEN}",
    };

    public static readonly Key<string> ProjectId = new(
        "project_id",
        new TextShape("digits", IdForm(), "Mixpanel's number of the project, in plain decimal digits") { IsOftenNumber = true },
        "Mixpanel's number of the project, with or without quotes.")
    {
        Example = "\"12345\"",
    };

    public static readonly Key<DataResidency> Residency = new(
        "data_residency",
        new ChoiceShape<DataResidency>(("US", DataResidency.Us), ("EU", DataResidency.Eu), ("IN", DataResidency.In)),
        "Which of Mixpanel's hosts hold the project.")
    {
        Default = DataResidency.Us,
        DefaultText = "US",
        Example = "EU",
    };

    public static readonly Key<IdentityMode> Identity = new(
        "identity",
        new ChoiceShape<IdentityMode>(
            ("simplified", IdentityMode.Simplified), ("original", IdentityMode.Original), ("legacy", IdentityMode.Legacy)),
        "How the Mixpanel project merges identities: Simplified ID Merge, Original ID Merge, or neither.")
    {
        Default = IdentityMode.Simplified,
        DefaultText = "simplified",
        Example = "original",
    };

    public static readonly Key<string> IdentityProperty = new(
        "identity_property", Word, "Name of an exported property to take for the distinct id.")
    {
        Without = "the distinct id",
        Example = "customer_id",
    };

    public static readonly Key<bool> SyncEvents = Switch("events", @default: true, "Whether events travel to destinations.");

    public static readonly Key<bool> SyncProfiles = Switch("profiles", @default: true, "Whether profiles travel to destinations.");

    public static readonly Key<bool> SyncCohorts = Switch("cohorts", @default: true, "Whether user groups travel to destinations.");

    public static readonly Key<bool> SyncGroups = Switch("groups", @default: false, "Whether groups become companies in Brevo, as `companies` says. What `property_mapping` takes from groups is sent either way.");

    public static readonly Key<BlockReader> Sync = new(
        "sync",
        new BlockShape(SyncEvents, SyncProfiles, SyncCohorts, SyncGroups),
        "What travels on to destinations. `false` never stops the reception.");

    public static readonly Key<long> List = new("list", new IntegerShape(1, long.MaxValue), "Brevo's number of the list.")
    {
        IsRequired = true,
        Example = "17",
    };

    public static readonly Key<ListMode> Mode = new(
        "mode",
        new ChoiceShape<ListMode>(
            ("mirror", ListMode.Mirror),
            ("exclusive", ListMode.Exclusive),
            ("add", ListMode.Add),
            ("remove", ListMode.Remove),
            ("update", ListMode.Update)),
        "`mirror` removes only whom Sluice added; `exclusive` makes the whole list Sluice's; `add` removes nobody; `remove` takes the members off the list; `update` only updates attributes.")
    {
        Default = ListMode.Mirror,
        DefaultText = "mirror",
        Example = "exclusive",
    };

    public static readonly Key<double> MaxRemoval = new(
        "max_removal", new ShareShape(), "The same as `connectors.brevo.max_removal`, for this list alone.")
    {
        Without = "that of the account",
        Example = "0.3",
    };

    public static readonly Key<IReadOnlyList<MapEntry<BlockReader>>> Lists = new(
        "lists",
        new MapShape<BlockReader>("source", new ShorthandShape(new BlockShape(List, Mode, MaxRemoval))),
        "Which people belong in which Brevo list. The source is `all_users`, a Mixpanel cohort id (digits), or the exact name or slug of a user group or audience.")
    {
        Without = "no lists",
        Example = "{ all_users: 15, 7700123: 16, at_risk: { list: 17, max_removal: 0.3 } }",
    };

    public static readonly Key<bool> Forward = Switch("forward", @default: false, "Whether what is received is passed on to the real Mixpanel project.");

    public static readonly Key<Uri> Ingestion = Endpoint("ingestion", "api.mixpanel.com", "https://api-proxy.example.com");

    public static readonly Key<Uri> Query = Endpoint("query", "mixpanel.com/api/query", "https://query-proxy.example.com/api/query");

    public static readonly Key<Uri> Export = Endpoint("export", "data.mixpanel.com/api/2.0", "https://data-proxy.example.com/api/2.0");

    public static readonly Key<Uri> App = Endpoint("app", "mixpanel.com/api/app", "https://app-proxy.example.com/api/app");

    public static readonly Key<Uri> Token = new("token", new UrlShape { KeepsPath = true }, "In place of `mixpanel.com/oauth/token/` (or its neighbour in the project's residency), called as it is written.")
    {
        Without = "`/oauth/token/` on the host of the app API",
        Example = "https://app-proxy.example.com/oauth/token/",
    };

    public static readonly Key<BlockReader> Endpoints = new(
        "endpoints", new BlockShape(Ingestion, Query, Export, App, Token), "Hosts to call instead of Mixpanel's own, for tests and proxies.");

    public static readonly BlockShape Block = new(
        Enabled,
        ProjectToken,
        ServiceAccount,
        ProjectSecret,
        OauthToken,
        OAuth,
        GdprToken,
        ProjectId,
        Residency,
        Identity,
        IdentityProperty,
        Sync,
        Lists,
        Forward,
        Endpoints);

    private static Key<bool> Switch(string name, bool @default, string meaning) => new(name, new BooleanShape(), meaning)
    {
        Default = @default,
        DefaultText = @default ? "true" : "false",
        Example = @default ? "false" : "true",
    };

    private static Key<Uri> Endpoint(string name, string replaces, string example) =>
        new(name, new UrlShape(), $"In place of `{replaces}` (or its neighbour in the project's residency).")
        {
            Without = "Mixpanel's own host",
            Example = example,
        };

    [GeneratedRegex(@"^[1-9][0-9]{0,18}\z")]
    private static partial Regex IdForm();
}
