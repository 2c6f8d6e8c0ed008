using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Hosting;
using Sluice.Server.Management;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>How a project's work follows what is connected, paused and taken out while the node runs.</summary>
public sealed class LiveWorkTests : IAsyncLifetime
{
    private const string Brevo = """connectors: { brevo: { api_key: k, base_url: "http://127.0.0.1:9/v3" } }""";

    private readonly TempFolder _folder = new();
    private readonly byte[] _masterKey = new byte[32];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private Store _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await Store.OpenSqliteAsync(_folder.Combine("sluice.db"), TimeProvider.System, Token, durable: false);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_exchange_of_work_that_fails_is_tried_again_and_holds_up_no_other_project()
    {
        var settings = Load(Brevo, Brevo);
        var live = await LiveProjects.StartAsync(settings.Projects, _store, _masterKey, TimeProvider.System, NullLogger.Instance, _ => { }, Token);
        var asked = new List<(string Project, bool Paused)>();
        var fails = true;
        live.OnChange(project =>
        {
            asked.Add((project.Id, project.BrevoPaused));
            return fails && project.Id == "p0" ? Task.FromException(new StartException("It cannot be made.")) : Task.CompletedTask;
        });

        await _store.Connectors.PauseAsync("p0", ConnectorName.Brevo, true, Token);
        await _store.Connectors.PauseAsync("p1", ConnectorName.Brevo, true, Token);
        await live.RefreshAsync(Token);
        Assert.Equal([("p0", true), ("p1", true)], asked.Order());

        asked.Clear();
        await live.RefreshAsync(Token);
        Assert.Equal([("p0", true)], asked);

        asked.Clear();
        fails = false;
        await live.RefreshAsync(Token);
        Assert.Equal([("p0", true)], asked);
        await live.RefreshAsync(Token);
        Assert.Single(asked);
    }

    [Fact]
    public async Task A_change_stands_when_the_store_cannot_be_read_after_it()
    {
        await using var store = await Store.OpenSqliteAsync(_folder.Combine("other.db"), TimeProvider.System, Token, durable: false);
        var live = await LiveProjects.StartAsync(Load(Brevo).Projects, store, _masterKey, TimeProvider.System, NullLogger.Instance, _ => { }, Token);
        await live.FollowAsync("p0");
        Assert.Null(live.PendingOf("p0"));
        await store.DisposeAsync();
        await live.FollowAsync("p0");
        Assert.Contains("It is stored", live.PendingOf("p0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_cannot_be_made_anew_does_not_go_on_as_it_was()
    {
        var settings = Load(Brevo);
        var work = await StartAsync(settings);
        using var stop = new CancellationTokenSource();
        await work.StartAsync(stop.Token);
        Assert.NotNull(work.Find("p0")!.Delivery);

        // No address can be mapped from another property: nothing of Brevo's can be made.
        var wrong = Load(Brevo + "\n    property_mapping: { login: email }").Projects[0];
        await Assert.ThrowsAsync<StartException>(() => work.ReplaceAsync(wrong));
        var resting = work.Find("p0");
        Assert.Null(resting!.Delivery);
        await Assert.ThrowsAsync<StartException>(() => work.ReplaceAsync(wrong));
        Assert.Same(resting, work.Find("p0"));

        await work.ReplaceAsync(settings.Projects[0]);
        Assert.NotNull(work.Find("p0")!.Delivery);
        await stop.CancelAsync();
        await work.EndAsync();
    }

    [Fact]
    public async Task A_script_that_is_missing_keeps_no_work_from_being_made()
    {
        var settings = Load("""
            connectors: { mixpanel: { project_id: "1", service_account: { username: u, secret: s } }, brevo: { api_key: k, base_url: "http://127.0.0.1:9/v3" } }
                pull: { jql: [ { name: spenders, script: gone.js, as: user_group, schedule: every 6h } ] }
            """);
        Assert.Single(settings.Projects[0].Pull!.Jql);
        var work = await StartAsync(settings);
        Assert.NotNull(work.Find("p0")!.Delivery);
        await work.ReplaceAsync(settings.Projects[0] with { BrevoPaused = true });
        Assert.Null(work.Find("p0")!.Delivery);
    }

    [Fact]
    public async Task What_begins_to_be_passed_on_while_the_node_runs_begins_at_once()
    {
        var connected = Load("""connectors: { mixpanel: { project_token: t }, brevo: { api_key: k, base_url: "http://127.0.0.1:9/v3", campaign_events: true } }""");
        var before = connected with { Projects = [connected.Projects[0] with { Brevo = null }] };
        var work = await StartAsync(before);
        await Forwarding.StartAsync(before.Projects, _store, NullLoggerFactory.Instance, Token);
        Assert.Null(await _store.Forwarding.CursorAsync("p0", Token));

        await work.ReplaceAsync(connected.Projects[0]);
        Assert.NotNull(await _store.Forwarding.CursorAsync("p0", Token));

        // What is taken out may be put back: it goes on where it was.
        await work.ReplaceAsync(before.Projects[0]);
        Assert.NotNull(await _store.Forwarding.CursorAsync("p0", Token));
    }

    [Fact]
    public async Task The_end_of_the_work_waits_for_what_goes_on_beside_it()
    {
        var work = await StartAsync(Load(Brevo));
        using var stop = new CancellationTokenSource();
        await work.StartAsync(stop.Token);
        var beside = new TaskCompletionSource();
        work.Beside(beside.Task);
        await stop.CancelAsync();
        var end = work.EndAsync();
        Assert.True(work.Stopping.IsCancellationRequested);
        await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token));
        Assert.False(end.IsCompleted);
        beside.SetException(new InvalidOperationException("It has failed, and the end comes all the same."));
        await end;
    }

    private async Task<NodeWork> StartAsync(SluiceSettings settings)
    {
        await LiveProjects.StartAsync(settings.Projects, _store, _masterKey, TimeProvider.System, NullLogger.Instance, _ => { }, Token);
        return new NodeWork(settings, settings.Projects, _masterKey, _store, _http, _http, NullLoggerFactory.Instance, TimeProvider.System);
    }

    /// <param name="projects">The blocks of each beside <c>project</c>.</param>
    private SluiceSettings Load(params string[] projects)
    {
        var entries = projects.Select((p, i) => $"  - project: {{ id: p{i}, access_key: a{i}, secret_key: secret-of-the-project-{i}-0123456789 }}\n    {p}");
        var config = _folder.Write("sluice.yaml", $"server: {{ data: {_folder.Combine("data")} }}\nprojects:\n{string.Join('\n', entries)}\n");
        var loaded = ConfigLoader.Load(config, _ => null);
        Assert.True(loaded.Settings is not null, ConfigReport.ToText(loaded));
        return loaded.Settings;
    }
}
