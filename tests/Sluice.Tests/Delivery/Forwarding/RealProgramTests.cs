using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>The real program between a client of Mixpanel's and Mixpanel.</summary>
public sealed class RealProgramTests
{
    private const string Remote = "12345";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task What_was_acknowledged_reaches_Mixpanel_once_also_when_the_program_is_killed_again_and_again()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var mixpanel = await MixpanelSimulator.StartAsync(cancellationToken: cancellationToken);

        // The answers of calls get lost, so that the kill comes in the middle of repeating.
        mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/import", Effect = MixpanelFaultEffect.CutAfter(), Every = 3, Count = 3 });
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        for (var round = 0; round < 3; round++)
        {
            await using var program = Start(folder, mixpanel);
            var url = await program.WaitForListeningAsync(Patience, cancellationToken);
            for (var i = 0; i < 5; i++)
            {
                await PostAsync(client, new Uri(url, "/import?strict=1"), EventsJson((round * 500) + (i * 100), 100), cancellationToken);
                await PostAsync(client, new Uri(url, "/engage"), UpdateJson((round * 5) + i), cancellationToken);
            }

            await program.KillAsync(cancellationToken);
        }

        await using (var program = Start(folder, mixpanel))
        {
            await program.WaitForListeningAsync(Patience, cancellationToken);
            await Eventually.GetAsync("the events to arrive", () => mixpanel.QueryEvents(Remote).Count, count => count == 1_500, Patience, cancellationToken: cancellationToken);
            await Eventually.GetAsync(
                "the last update to arrive", () => Step(mixpanel), step => step == 14, Patience, cancellationToken: cancellationToken);
            await program.StopAsync(Patience, cancellationToken);
        }

        Assert.Equal(Enumerable.Range(0, 1_500), mixpanel.QueryEvents(Remote).Select(e => JsonNode.Parse(e.PropertiesJson)!["number"]!.GetValue<int>()).Order());
        Assert.Equal(0, mixpanel.Calls.BudgetViolationCount);
        Assert.Empty(mixpanel.Lost(Remote));
    }

    private static int Step(MixpanelSimulator mixpanel) =>
        mixpanel.Profile(Remote, "u0") is { } profile ? JsonNode.Parse(profile.PropertiesJson)!["step"]!.GetValue<int>() : -1;

    private static ChildProcess Start(TempFolder folder, MixpanelSimulator mixpanel)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                project_token: simulator-token
                project_id: "{{Remote}}"
                service_account: { username: simulator.account, secret: simulator-secret }
                forward: true
                endpoints: { ingestion: "{{mixpanel.BaseUrl.GetLeftPart(UriPartial.Authority)}}" }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static string UpdateJson(int step) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["$token"] = "simulator-token", ["$distinct_id"] = "u0", ["$set"] = new Dictionary<string, int> { ["step"] = step },
    });

    private static string EventsJson(int from, int count) => JsonSerializer.Serialize(Enumerable.Range(from, count).Select(i => new
    {
        @event = "Purchase",
        properties = new Dictionary<string, object> { ["time"] = 1_760_000_000 + i, ["distinct_id"] = $"u{i % 7}", ["$insert_id"] = $"insert-{i}", ["number"] = i },
    }));

    private static async Task PostAsync(HttpClient client, Uri address, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        using var response = await client.SendAsync(request, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        Assert.NotEqual("0", await response.Content.ReadAsStringAsync(cancellationToken));
    }
}
