using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;
using Sluice.Server.Management;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Connects, pauses and disconnects, beside what the config file declares and never against it.</summary>
internal sealed class ConnectorDesk(LiveProjects projects, NodeWork work, BrevoAccounts accounts, Store store, HttpClient http, ILogger logger, TimeProvider time) : IConnectorDesk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task<IReadOnlyList<ConnectorStatus>> ListAsync(string project, CancellationToken cancellationToken)
    {
        var stored = (await store.Connectors.ListAsync(project, cancellationToken)).ToDictionary(c => c.Name, StringComparer.Ordinal);
        var (declared, now) = (projects.Declared(project), projects.Find(project)!);
        var mixpanel = stored.GetValueOrDefault(ConnectorName.Mixpanel);
        var brevo = stored.GetValueOrDefault(ConnectorName.Brevo);
        var pending = projects.PendingOf(project);
        var delivery = await store.Insight.DestinationAsync(project, BrevoDestination.DestinationName, cancellationToken);
        return
        [
            new ConnectorStatus(
                ConnectorName.Mixpanel,
                State(Declares(declared.Mixpanel) || mixpanel?.Sealed is not null, mixpanel is { Paused: true }, declared.Mixpanel is { Enabled: false }),
                Source(Declares(declared.Mixpanel), mixpanel?.Sealed is not null),
                now.Mixpanel?.ProjectId, now.Mixpanel?.ServiceAccount?.Username, now.Mixpanel?.OAuth?.ClientId, (now.Mixpanel?.DataResidency ?? DataResidency.Us).ToString().ToLowerInvariant(),
                null, pending, mixpanel?.UpdatedAt),
            new ConnectorStatus(
                ConnectorName.Brevo,
                State(declared.Brevo is not null || brevo?.Sealed is not null, brevo is { Paused: true }, disabled: false),
                Source(declared.Brevo is not null, brevo?.Sealed is not null),
                null, null, null, null, delivery?.PausedUntil > time.GetUtcNow() ? delivery.PausedReason : null, pending, brevo?.UpdatedAt),
        ];
    }

    public async Task<ConnectorAnswer> ConnectAsync(string project, MixpanelLogin login, bool check, CancellationToken cancellationToken)
    {
        var declared = projects.Declared(project);
        var residency = Enum.Parse<DataResidency>(login.Residency, ignoreCase: true);
        if ((Contradiction(declared.Mixpanel, login, residency) ?? TakenBy(project, login)) is { } answer)
        {
            return answer;
        }

        var oauth = login.OAuth is { } given ? new ConnectedOAuth(given.ClientId, given.ClientSecret, given.RefreshToken) : null;
        var content = new ConnectedMixpanel(login.ProjectToken, login.ServiceAccountUser, login.ServiceAccountSecret, login.ProjectId, residency, oauth);
        var next = ConnectedSettings.With(projects.Find(project)! with { Mixpanel = declared.Mixpanel }, content);
        if ((Objection(next) ?? (check ? await CheckMixpanelAsync(next, cancellationToken) : null)) is { } objection)
        {
            return objection;
        }

        var before = await ConnectedOAuthAsync(declared, cancellationToken);
        var done = await ConnectAsync(project, ConnectorName.Mixpanel, projects.Connected.Seal(project, content), account: null, cancellationToken);
        if (before is not null && !before.IsSameAuthorisation(next.Mixpanel?.OAuth))
        {
            await ForgetAsync(project, before);
        }

        return done;
    }

    public async Task<ConnectorAnswer> ConnectDestinationAsync(string project, string apiKey, CancellationToken cancellationToken)
    {
        var declared = projects.Declared(project);
        if (declared.Brevo is { } file && !file.ApiKey.Matches(apiKey))
        {
            return Declared("apiKey", "connectors.brevo.api_key");
        }

        var content = new ConnectedBrevo(apiKey);
        var next = ConnectedSettings.With(projects.Find(project)! with { Brevo = declared.Brevo }, content);
        if (SharesLists(next, null, new Dictionary<string, string>()))
        {
            return SharedLists;
        }

        if (Objection(next) is { } objection)
        {
            return objection;
        }

        var (account, refusal) = await accounts.AskAsync(next, cancellationToken);
        if (refusal is null && SharesLists(next, account, await store.Connectors.AccountsAsync(ConnectorName.Brevo, cancellationToken)))
        {
            return SharedLists;
        }

        return refusal ?? await ConnectAsync(project, ConnectorName.Brevo, projects.Connected.Seal(project, content), account, cancellationToken);
    }

    public async Task<ConnectorAnswer> PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken)
    {
        // Another node may have connected it a moment ago.
        await projects.RefreshAsync(cancellationToken);
        var now = projects.Find(project)!;
        if (name == ConnectorName.Mixpanel && projects.Declared(project).Mixpanel is { Enabled: false })
        {
            return new ConnectorAnswer(ConnectorOutcome.Declared, null, "The config file switches it off (connectors.mixpanel.enabled: false): change it there.");
        }

        if (name == ConnectorName.Mixpanel ? now.Mixpanel is null : now.Brevo is null)
        {
            return new ConnectorAnswer(ConnectorOutcome.NotConnected);
        }

        await store.Connectors.PauseAsync(project, name, paused, cancellationToken);
        await projects.FollowAsync(project);
        return new ConnectorAnswer(ConnectorOutcome.Done);
    }

    public async Task<ConnectorAnswer> DisconnectAsync(string project, string name, CancellationToken cancellationToken)
    {
        var declared = projects.Declared(project);
        var isDeclared = name == ConnectorName.Mixpanel ? Declares(declared.Mixpanel) : declared.Brevo is not null;
        var before = name == ConnectorName.Mixpanel ? await ConnectedOAuthAsync(declared, cancellationToken) : null;
        if (await store.Connectors.DisconnectAsync(project, name, keepsPause: isDeclared, cancellationToken))
        {
            await projects.FollowAsync(project);
            if (before is not null)
            {
                await ForgetAsync(project, before);
            }

            return new ConnectorAnswer(ConnectorOutcome.Done);
        }

        return isDeclared
            ? new ConnectorAnswer(ConnectorOutcome.Declared, null, $"The config file connects it (connectors.{name}): take it out there, or pause it.")
            : new ConnectorAnswer(ConnectorOutcome.NotConnected);
    }

    private async Task<ConnectorAnswer> ConnectAsync(string project, string name, byte[] content, string? account, CancellationToken cancellationToken)
    {
        if (!await store.Connectors.ConnectAsync(project, name, content, account, cancellationToken))
        {
            return new ConnectorAnswer(
                ConnectorOutcome.OtherAccount, "apiKey",
                "The key opens another Brevo account than the one that was connected before, and what is known of lists and contacts holds for that one alone. "
                + "Take a key of the account before, or declare a project of its own for this one in the config file.");
        }

        await projects.FollowAsync(project);
        return new ConnectorAnswer(ConnectorOutcome.Done);
    }

    /// <summary>The OAuth client that was connected here, as it lies in the store now; null when there is none, or the file has the same.</summary>
    private async Task<OAuthSettings?> ConnectedOAuthAsync(ProjectSettings declared, CancellationToken cancellationToken)
    {
        try
        {
            var oauth = (await projects.Connected.OfAsync(declared, cancellationToken)).Mixpanel?.OAuth;
            return oauth == declared.Mixpanel?.OAuth ? null : oauth;
        }
        catch (StartException)
        {
            // What cannot be opened can be connected anew and disconnected all the same.
            return null;
        }
    }

    private async Task ForgetAsync(string project, OAuthSettings oauth)
    {
        try
        {
            await work.Tokens.ForgetAsync(project, oauth, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // The change stands, and what is left is encrypted and serves nobody.
            NodeLog.TokensNotForgotten(logger, project, e.Message, e);
        }
    }

    private static bool Declares(MixpanelConnectorSettings? mixpanel) =>
        mixpanel is { ProjectToken: not null } or { ProjectId: not null } or { ServiceAccount: not null } or { OauthToken: not null } or { OAuth: not null } or { ProjectSecret: not null };

    private static ConnectorState State(bool connected, bool paused, bool disabled) => (connected, paused, disabled) switch
    {
        (_, _, true) => ConnectorState.Disabled,
        (_, true, _) => ConnectorState.Paused,
        (true, _, _) => ConnectorState.Connected,
        _ => ConnectorState.NotConnected,
    };

    private static ConnectorSource Source(bool config, bool api) => (config, api) switch
    {
        (true, true) => ConnectorSource.Both,
        (true, false) => ConnectorSource.Config,
        (false, true) => ConnectorSource.Api,
        _ => ConnectorSource.None,
    };

    private static ConnectorAnswer Declared(string field, string key) =>
        new(ConnectorOutcome.Declared, field, $"The config file says otherwise ({key}), and wins: change it there, or leave it out here.");

    /// <summary>What is given here and said otherwise in the file would never be used.</summary>
    private static ConnectorAnswer? Contradiction(MixpanelConnectorSettings? file, MixpanelLogin login, DataResidency residency)
    {
        if (file is null)
        {
            return null;
        }

        if (file.ProjectToken is { } token && login.ProjectToken is { } given && token != given)
        {
            return Declared("projectToken", "connectors.mixpanel.project_token");
        }

        if (file.ProjectId is { } id && login.ProjectId is { } other && id != other)
        {
            return Declared("projectId", "connectors.mixpanel.project_id");
        }

        if (login.ServiceAccountUser is not null
            && (file.OauthToken is not null || file.OAuth is not null
                || (file.ServiceAccount is { } account && (account.Username != login.ServiceAccountUser || !account.Secret.Matches(login.ServiceAccountSecret!)))))
        {
            return Declared("serviceAccountUser", KeyOf(file));
        }

        if (login.OAuth is { } oauth
            && (file.OauthToken is not null || file.ServiceAccount is not null
                || (file.OAuth is { } own && (own.ClientId != oauth.ClientId || !own.RefreshToken.Matches(oauth.RefreshToken)))))
        {
            return Declared("oauthRefreshToken", KeyOf(file));
        }

        return file.DataResidency == residency ? null : Declared("dataResidency", "connectors.mixpanel.data_residency");
    }

    private static string KeyOf(MixpanelConnectorSettings file) => "connectors.mixpanel." + file switch
    {
        { ServiceAccount: not null } => "service_account",
        { OauthToken: not null } => "oauth_token",
        _ => "oauth",
    };

    private ConnectorAnswer? TakenBy(string project, MixpanelLogin login)
    {
        var others = projects.Settings.Where(p => p.Id != project).Select(p => p.Mixpanel).OfType<MixpanelConnectorSettings>().ToList();
        var field = login.ProjectToken is { } token && others.Any(o => o.ProjectToken == token) ? "projectToken"
            : login.ProjectId is { } id && others.Any(o => o.ProjectId == id) ? "projectId"
            : null;
        if (field is not null)
        {
            return new ConnectorAnswer(ConnectorOutcome.Taken, field, "Another project of this Sluice has it: keep one project for each Mixpanel project.");
        }

        return login.OAuth is { } oauth && others.Any(o => o.OAuth is { } own && own.ClientId == oauth.ClientId && own.RefreshToken.Matches(oauth.RefreshToken))
            ? new ConnectorAnswer(ConnectorOutcome.Taken, "oauthRefreshToken", "Another project of this Sluice has it, and it works only once: authorise again for this project.")
            : null;
    }

    private static ConnectorAnswer SharedLists { get; } = new(
        ConnectorOutcome.Taken, "apiKey", "Another project fills lists of this account that this project's config names too: a list belongs to one project.");

    /// <summary>An account may have several keys: two projects share it when they have the same key, or when both keys are known to open it.</summary>
    private bool SharesLists(ProjectSettings next, string? account, IReadOnlyDictionary<string, string> known)
    {
        var lists = next.Mixpanel?.Lists.Select(l => l.ListId).ToHashSet() ?? [];
        return projects.Settings.Any(p => p.Id != next.Id && p.Brevo is { } other && next.Brevo is { } own
            && ((other.BaseUrl == own.BaseUrl && other.ApiKey.Equals(own.ApiKey)) || (account is not null && known.GetValueOrDefault(p.Id) == account))
            && p.Mixpanel?.Lists.Any(l => lists.Contains(l.ListId)) == true);
    }

    private ConnectorAnswer? Objection(ProjectSettings next)
    {
        try
        {
            work.Make(next);
            return null;
        }
        catch (StartException e)
        {
            return new ConnectorAnswer(ConnectorOutcome.Declared, null, $"With it the project could not run. {e.Message}");
        }
    }

    private async Task<ConnectorAnswer?> CheckMixpanelAsync(ProjectSettings next, CancellationToken cancellationToken)
    {
        // A token opens nothing that could be asked.
        if (MixpanelAccess.Of(next with { MixpanelPaused = false }, store.PermitBooks, work.Tokens, time) is not { } access)
        {
            return null;
        }

        try
        {
            var me = await new MixpanelAppClient(http, access.Options with { Timeout = Patience }, access.Budgets.For(MixpanelCaller.Person(Patience))).MeAsync(cancellationToken);
            return next.Mixpanel!.ProjectId is { } id && me.Projects.All(p => p.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) != id)
                ? new ConnectorAnswer(ConnectorOutcome.Refused, "projectId", "The credentials do not open this project: add their account to the project in Mixpanel, or correct the number.")
                : null;
        }
        catch (MixpanelException e) when (e.Kind is MixpanelFailureKind.Unauthorized or MixpanelFailureKind.Forbidden or MixpanelFailureKind.PaymentRequired)
        {
            return next.Mixpanel is { OAuth: not null }
                ? new ConnectorAnswer(ConnectorOutcome.Refused, "oauthRefreshToken", $"Mixpanel did not take the credentials. {e.Message}")
                : new ConnectorAnswer(ConnectorOutcome.Refused, "serviceAccountSecret", $"Mixpanel did not take the credentials ({e.Status}). Look at the user name, the secret, and where the project's data is kept.");
        }
        catch (Exception e) when (e is MixpanelException or MixpanelBudgetException)
        {
            return new ConnectorAnswer(ConnectorOutcome.Unreachable, null, "Mixpanel gave no answer that says whether the credentials are right: try again, or connect without check.");
        }
    }
}
