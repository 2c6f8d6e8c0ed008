using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Events;

/// <summary>The real program between a client of Mixpanel's and Brevo.</summary>
public sealed class RealProgramTests
{
    private const string Project = "p1";
    private const int People = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task What_a_client_imports_reaches_Brevo_once_also_when_the_program_is_killed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        await using (var program = Start(folder, brevo))
        {
            var url = await program.WaitForListeningAsync(Patience, cancellationToken);
            await PostAsync(client, new Uri(url, "/engage"), ProfilesJson(), "access:secret", cancellationToken);
            await PostAsync(client, new Uri(url, "/import?strict=1"), EventsJson(1, 120), "access:secret", cancellationToken);
            await ArrivedAsync(brevo, 40, cancellationToken);
            await program.KillAsync(cancellationToken);
        }

        await using (var program = Start(folder, brevo))
        {
            var url = await program.WaitForListeningAsync(Patience, cancellationToken);
            await PostAsync(client, new Uri(url, "/import?strict=1"), EventsJson(121, 30), "access:secret", cancellationToken);
            await ArrivedAsync(brevo, 150, cancellationToken);
            await program.StopAsync(Patience, cancellationToken);
        }

        Assert.Equal(Enumerable.Range(1, 150), brevo.Events.Select(Number).Order());
        Assert.All(brevo.Events.GroupBy(e => e.ContactId), person => Assert.Equal(person.Select(Number).Order(), person.Select(Number)));
        Assert.All(brevo.Events, e => Assert.Equal("order_completed", e.Name));
        Assert.Equal(People, brevo.Events.Select(e => e.ContactId).Distinct().Count());
        Assert.Equal((0, 0), (brevo.Calls.BudgetViolationCount, brevo.DroppedEvents));
    }

    private static Task<int> ArrivedAsync(BrevoSimulator brevo, int count, CancellationToken cancellationToken) => Eventually.GetAsync(
        $"{count} events to arrive", () => brevo.EventCount, arrived => arrived >= count, Patience, cancellationToken: cancellationToken);

    private static int Number(BrevoEventView stored)
    {
        using var properties = JsonDocument.Parse(stored.PropertiesJson);
        return properties.RootElement.GetProperty("number").GetInt32();
    }

    private static ChildProcess Start(TempFolder folder, BrevoSimulator brevo)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: {{Project}}, access_key: access, secret_key: secret }
            connectors:
              mixpanel: { project_token: token0123456789abcdef0123456789ab, project_id: "1" }
              brevo: { api_key: xkeysib-simulator, base_url: "{{brevo.BaseUrl}}" }
            event_mapping: { Purchase: order_completed }
            property_mapping: { $email: email }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static string ProfilesJson() => JsonSerializer.Serialize(Enumerable.Range(0, People).Select(i => new Dictionary<string, object>
    {
        ["$token"] = "token0123456789abcdef0123456789ab",
        ["$distinct_id"] = $"u{i}",
        ["$set"] = new Dictionary<string, string> { ["$email"] = $"u{i}@example.test" },
    }));

    private static string EventsJson(int from, int count) => JsonSerializer.Serialize(Enumerable.Range(from, count).Select(i => new
    {
        @event = "Purchase",
        properties = new Dictionary<string, object>
        {
            ["time"] = 1_790_000_000 + i, ["distinct_id"] = $"u{i % People}", ["$user_id"] = $"u{i % People}", ["$insert_id"] = $"insert-{i}", ["number"] = i,
        },
    }));

    private static async Task PostAsync(HttpClient client, Uri address, string body, string keys, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(keys)));
        using var response = await client.SendAsync(request, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        Assert.NotEqual("0", await response.Content.ReadAsStringAsync(cancellationToken));
    }
}
