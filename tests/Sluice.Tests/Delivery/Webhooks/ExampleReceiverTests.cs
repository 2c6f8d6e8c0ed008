using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Webhooks;

/// <summary>The real program and the receiver that the documentation shows.</summary>
public sealed class ExampleReceiverTests
{
    private const string Secret = "whsec_c2VjcmV0IG9mIHRoZSByZWNlaXZlciBpbiB0ZXN0cw==";
    private const string OldSecret = "whsec_b2xkIHNlY3JldCBvZiB0aGUgcmVjZWl2ZXIgaW4gdGVzdHM=";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task What_a_client_imports_reaches_the_receiver_once_also_when_the_program_is_killed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var receiver = ChildProcess.Start(
            "node", [Repository.Combine("docs/examples/webhook-receiver.mjs")],
            new Dictionary<string, string?> { ["SLUICE_WEBHOOK_SECRET"] = Secret, ["PORT"] = "0" });
        var hook = (await receiver.WaitForLineAsync(l => l.StartsWith("listening on ", StringComparison.Ordinal), "the receiver to listen", cancellationToken: cancellationToken))[13..];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

        // Nobody without the secret gets anything in.
        using var forged = await client.PostAsync(new Uri(hook), new StringContent("{}"), cancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, forged.StatusCode);

        await using (var program = Start(folder, hook))
        {
            var url = await program.WaitForListeningAsync(Patience, cancellationToken);
            await ImportAsync(client, url, 1, 200, cancellationToken);
            await ArrivedAsync(receiver, 20, cancellationToken);
            await program.KillAsync(cancellationToken);
        }

        await using (var program = Start(folder, hook))
        {
            var url = await program.WaitForListeningAsync(Patience, cancellationToken);
            await ImportAsync(client, url, 201, 100, cancellationToken);
            await ArrivedAsync(receiver, 300, cancellationToken);
            await program.StopAsync(Patience, cancellationToken);
        }

        var events = Events(receiver).ToList();
        Assert.Equal(Enumerable.Range(1, 300), events.Select(e => e.GetProperty("properties").GetProperty("number").GetInt32()).Order());
        Assert.All(
            events.GroupBy(e => e.GetProperty("distinct_id").GetString()),
            person => Assert.Equal(
                person.Select(e => e.GetProperty("properties").GetProperty("number").GetInt32()).Order(),
                person.Select(e => e.GetProperty("properties").GetProperty("number").GetInt32())));
        Assert.DoesNotContain(Secret, string.Concat(receiver.Output), StringComparison.Ordinal);
    }

    private static IEnumerable<JsonElement> Events(ChildProcess receiver) =>
        receiver.Output.Where(l => l.StartsWith('{')).Select(l => JsonElement.Parse(l));

    private static Task<int> ArrivedAsync(ChildProcess receiver, int count, CancellationToken cancellationToken) => Eventually.GetAsync(
        $"{count} events to arrive", () => Events(receiver).Count(), arrived => arrived >= count, Patience, cancellationToken: cancellationToken);

    private static ChildProcess Start(TempFolder folder, string hook)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors: { mixpanel: { project_token: token0123456789abcdef0123456789ab, project_id: "1" } }
            destinations:
              - { name: crm, type: webhook, url: "{{hook}}", secret: [ "{{OldSecret}}", "{{Secret}}" ], events: [ Purchase ], batch: 10 }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static async Task ImportAsync(HttpClient client, Uri url, int from, int count, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(Enumerable.Range(from, count).SelectMany(i => new[] { Event("Purchase", i), Event("Unwanted", i) }));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/import?strict=1")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
        using var response = await client.SendAsync(request, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static object Event(string name, int number) => new
    {
        @event = name,
        properties = new Dictionary<string, object>
        {
            ["time"] = 1_790_000_000 + number, ["distinct_id"] = $"u{number % 5}", ["$insert_id"] = $"insert-{number}", ["number"] = number,
        },
    };
}
