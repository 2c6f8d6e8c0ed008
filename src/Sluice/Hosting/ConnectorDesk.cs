using Sluice.Brevo;
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
internal sealed class ConnectorDesk(LiveProjects projects, NodeWork work, Store store, HttpClient http, TimeProvider time) : IConnectorDesk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task<IReadOnlyList<ConnectorStatus>> ListAsync(string project, CancellationToken cancellationToken)
    {
        var stored = (await store.Connectors.ListAsync(project, cancellationToken)).ToDictionary(c => c.Name, StringComparer.Ordinal);
        var (declared, now) = (projects.Declared(project), projects.Find(project)!);
        var mixpanel = stored.GetValueOrDefault(ConnectorName.Mixpanel);
        var brevo = stored.GetValueOrDefault(ConnectorName.Brevo);
        var delivery = await store.Insight.DestinationAsync(project, BrevoDestination.DestinationName, cancellationToken);
        return
        [
            new ConnectorStatus(
                ConnectorName.Mixpanel,
                State(Declares(now.Mixpanel), now.MixpanelPaused, declared.Mixpanel is { Enabled: false }),
                Source(Declares(declared.Mixpanel), mixpanel?.Sealed is not null),
                now.Mixpanel?.ProjectId, now.Mixpanel?.ServiceAccount?.Username, (now.Mixpanel?.DataResidency ?? DataResidency.Us).ToString().ToLowerInvariant(), null,
                mixpanel?.UpdatedAt),
            new ConnectorStatus(
                ConnectorName.Brevo,
                State(now.Brevo is not null, now.BrevoPaused, disabled: false),
                Source(declared.Brevo is not null, brevo?.Sealed is not null),
                null, null, null, delivery?.PausedUntil > time.GetUtcNow() ? delivery.PausedReason : null, brevo?.UpdatedAt),
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

        var content = new ConnectedMixpanel(login.ProjectToken, login.ServiceAccountUser, login.ServiceAccountSecret, login.ProjectId, residency);
        var next = ConnectedSettings.With(projects.Find(project)! with { Mixpanel = declared.Mixpanel }, content);
        return Objection(next) ?? (check ? await CheckMixpanelAsync(next, cancellationToken) : null)
            ?? await ConnectAsync(project, ConnectorName.Mixpanel, projects.Connected.Seal(project, content), account: null, cancellationToken);
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
        if (SharesLists(next))
        {
            return new ConnectorAnswer(ConnectorOutcome.Taken, "apiKey", "Another project fills lists of this account that this project's config names too: a list belongs to one project.");
        }

        if (Objection(next) is { } objection)
        {
            return objection;
        }

        var (account, refusal) = await AccountAsync(next, cancellationToken);
        return refusal ?? await ConnectAsync(project, ConnectorName.Brevo, projects.Connected.Seal(project, content), account, cancellationToken);
    }

    public async Task<ConnectorAnswer> PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken)
    {
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
        await projects.RefreshAsync(cancellationToken);
        return new ConnectorAnswer(ConnectorOutcome.Done);
    }

    public async Task<ConnectorAnswer> DisconnectAsync(string project, string name, CancellationToken cancellationToken)
    {
        var declared = projects.Declared(project);
        var isDeclared = name == ConnectorName.Mixpanel ? Declares(declared.Mixpanel) : declared.Brevo is not null;
        if (await store.Connectors.DisconnectAsync(project, name, keepsPause: isDeclared, cancellationToken))
        {
            await projects.RefreshAsync(cancellationToken);
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

        await projects.RefreshAsync(cancellationToken);
        return new ConnectorAnswer(ConnectorOutcome.Done);
    }

    private static bool Declares(MixpanelConnectorSettings? mixpanel) =>
        mixpanel is { ProjectToken: not null } or { ProjectId: not null } or { ServiceAccount: not null } or { OauthToken: not null } or { ProjectSecret: not null };

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
            && (file.OauthToken is not null
                || (file.ServiceAccount is { } account && (account.Username != login.ServiceAccountUser || !account.Secret.Matches(login.ServiceAccountSecret!)))))
        {
            return Declared("serviceAccountUser", file.OauthToken is null ? "connectors.mixpanel.service_account" : "connectors.mixpanel.oauth_token");
        }

        return file.DataResidency == residency ? null : Declared("dataResidency", "connectors.mixpanel.data_residency");
    }

    private ConnectorAnswer? TakenBy(string project, MixpanelLogin login)
    {
        var others = projects.Settings.Where(p => p.Id != project).Select(p => p.Mixpanel).OfType<MixpanelConnectorSettings>().ToList();
        var field = login.ProjectToken is { } token && others.Any(o => o.ProjectToken == token) ? "projectToken"
            : login.ProjectId is { } id && others.Any(o => o.ProjectId == id) ? "projectId"
            : null;
        return field is null ? null : new ConnectorAnswer(ConnectorOutcome.Taken, field, "Another project of this Sluice has it: keep one project for each Mixpanel project.");
    }

    private bool SharesLists(ProjectSettings next)
    {
        var lists = next.Mixpanel?.Lists.Select(l => l.ListId).ToHashSet() ?? [];
        return projects.Settings.Any(p => p.Id != next.Id && p.Brevo is { } other && next.Brevo is { } own
            && other.BaseUrl == own.BaseUrl && other.ApiKey.Equals(own.ApiKey) && p.Mixpanel?.Lists.Any(l => lists.Contains(l.ListId)) == true);
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
        if (MixpanelAccess.Of(next with { MixpanelPaused = false }, store.PermitBooks, time) is not { } access)
        {
            return null;
        }

        try
        {
            var me = await new MixpanelAppClient(http, access.Options with { Timeout = Patience }, access.Budgets.For(MixpanelCaller.Person(Patience))).MeAsync(cancellationToken);
            return next.Mixpanel!.ProjectId is { } id && me.Projects.All(p => p.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) != id)
                ? new ConnectorAnswer(ConnectorOutcome.Refused, "projectId", "The service account does not see this project: add it to the project in Mixpanel, or correct the number.")
                : null;
        }
        catch (MixpanelException e) when (e.Kind is MixpanelFailureKind.Unauthorized or MixpanelFailureKind.Forbidden or MixpanelFailureKind.PaymentRequired)
        {
            return new ConnectorAnswer(ConnectorOutcome.Refused, "serviceAccountSecret", $"Mixpanel did not take the credentials ({e.Status}). Look at the user name, the secret, and where the project's data is kept.");
        }
        catch (Exception e) when (e is MixpanelException or MixpanelBudgetException)
        {
            return new ConnectorAnswer(ConnectorOutcome.Unreachable, null, "Mixpanel gave no answer that says whether the credentials are right: try again, or connect without check.");
        }
    }

    /// <summary>What names the account that a key of Brevo's opens, or why that cannot be told.</summary>
    private async Task<(string? Account, ConnectorAnswer? Refusal)> AccountAsync(ProjectSettings next, CancellationToken cancellationToken)
    {
        try
        {
            var client = BrevoAccess.Client(Destinations.Settings(next, next.Brevo!), http, store.PermitBooks, Patience, time);
            var account = await client.GetAccountAsync(cancellationToken);
            return (account.OrganizationId ?? account.Email) is { Length: > 0 } id ? (id, null) : (null, Unanswered("Brevo did not say whose account the key opens: try again."));
        }
        catch (BrevoException e) when (e.Kind is BrevoFailureKind.Unauthorized or BrevoFailureKind.UnrecognisedIp or BrevoFailureKind.Forbidden or BrevoFailureKind.UnderValidation)
        {
            return (null, new ConnectorAnswer(
                ConnectorOutcome.Refused, "apiKey",
                e.Kind == BrevoFailureKind.UnrecognisedIp ? "Brevo does not accept calls from this machine's address: authorise it in Brevo's security settings." : $"Brevo did not take the key ({e.Kind})."));
        }
        catch (BrevoException)
        {
            return (null, Unanswered("Brevo gave no answer that says whether the key is right and whose account it opens: try again."));
        }
        catch (DeliveryException e)
        {
            return (null, Unanswered(e.Decision.Detail));
        }
    }

    private static ConnectorAnswer Unanswered(string detail) => new(ConnectorOutcome.Unreachable, null, detail);
}
