using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;
using Sluice.Testing;
using Sluice.Tests.Ingestion;

namespace Sluice.Tests.Rows;

/// <summary>The running program, started when the first row asks for it, with Mixpanel's sender of cohorts and a plain caller beside it.</summary>
public sealed class RowProgram : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private RunningSluice? _sluice;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal RunningSluice Sluice => _sluice!;

    internal async Task<RowProgram> StartedAsync()
    {
        if (_sluice is null)
        {
            _sluice = await RunningSluice.StartAsync("simplified", tls: false, Token);
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        }

        return this;
    }

    internal static CohortSyncSimulator Sender(ManualClock clock, bool onSchedule) =>
        new(new CohortSyncOptions { ProjectId = RunningSluice.ProjectId, RunOnSchedule = onSchedule }, new PersonDirectory(), clock);

    internal CohortConnection Connect(CohortSyncSimulator sender, string password = "secret") =>
        sender.Connect("Sluice", new Uri(Sluice.Url, $"/mixpanel/projects/{RunningSluice.Project}/cohorts"), "access", password);

    internal async Task<(int Status, string Body)> PostAsync(string target, string json)
    {
        using var answer = await _http.PostAsync(new Uri(Sluice.Url, target), new StringContent(json, Encoding.UTF8, "application/json"), Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>A user group as the management API shows it.</summary>
    internal async Task<JsonElement> GroupAsync(string cohort) => JsonElement.Parse(await _http.GetByteArrayAsync(new Uri(Sluice.Url, $"/api/v1/user-groups/{cohort}"), Token));

    /// <summary>Waits until just these people are in a user group.</summary>
    internal Task HoldsAsync(string cohort, params string[] people) => Eventually.GetAsync(
        $"user group {cohort} to hold {string.Join(", ", people)}",
        async token =>
        {
            var page = JsonElement.Parse(await _http.GetByteArrayAsync(new Uri(Sluice.Url, $"/api/v1/user-groups/{cohort}/members?limit=200"), token));
            return string.Join(", ", page.GetProperty("items").EnumerateArray().Select(member => member.GetProperty("distinctId").GetString()).Order(StringComparer.Ordinal));
        },
        held => held == string.Join(", ", people),
        cancellationToken: Token);

    /// <summary>Runs a command of the program beside it.</summary>
    internal async Task<string> RunAsync(params string[] arguments)
    {
        await using var command = ChildProcess.Sluice([.. arguments, "--config", Sluice.ConfigFile]);
        var code = await command.WaitForExitAsync(TimeSpan.FromMinutes(2), Token);
        Assert.True(code == 0, $"ended with {code}: {string.Join('\n', command.Output.Concat(command.Errors))}");
        return string.Join('\n', command.Output);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_sluice is not null)
        {
            await _sluice.DisposeAsync();
        }
    }
}
