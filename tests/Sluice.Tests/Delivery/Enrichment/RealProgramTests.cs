using System.Net.Http.Headers;
using System.Text;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Enrichment;

/// <summary>The real program with a config that uses groups, a lookup table, orders and companies.</summary>
public sealed class RealProgramTests
{
    private const string Token = "token0123456789abcdef0123456789ab";
    private const string Plans = "6f1f0d2e-0000-4000-8000-000000000001";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task What_clients_say_of_groups_tables_and_orders_reaches_Brevo()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        brevo.CreateList("Everybody", 15);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        await using var program = Start(folder, brevo);
        var url = await program.WaitForListeningAsync(Patience, cancellationToken);
        await SendAsync(HttpMethod.Put, $"/lookup-tables/{Plans}?project_id=1", "plan,title\npro,Professional\n", "text/csv");
        await SendAsync(HttpMethod.Post, "/groups", $$$"""[{"$token":"{{{Token}}}","$group_key":"company","$group_id":"acme","$set":{"$name":"Acme","tier":"gold"}}]""");
        await SendAsync(HttpMethod.Post, "/engage", $$$"""[{"$token":"{{{Token}}}","$distinct_id":"u1","$set":{"$email":"u1@example.test","company":"acme","plan":"pro"}}]""");
        await SendAsync(HttpMethod.Post, "/import?strict=1", """
            [{"event":"Purchase","properties":{"time":1790000001,"distinct_id":"u1","$insert_id":"i1","order_id":"A-1","revenue":5}},
             {"event":"View","properties":{"time":1790000002,"distinct_id":"u1","$insert_id":"i2","plan":"pro"}}]
            """);
        await HoldsAsync("the contact, the order, the event and the company", () => brevo is { Orders.Count: 1, EventCount: 1, Companies: [{ ContactIds.Count: 1 }] });
        await HoldsAsync("what the contact has of the group and the table", () => Attributes() == ("gold", "Professional"));
        Assert.Equal("""{"insert_id":"i2","plan":"pro","title":"Professional"}""", brevo.Events[0].PropertiesJson);
        Assert.Equal("Acme", brevo.Companies[0].Name);

        await SendAsync(HttpMethod.Post, "/groups", $$$"""[{"$token":"{{{Token}}}","$group_key":"company","$group_id":"acme","$set":{"tier":"silver"}}]""");
        await SendAsync(HttpMethod.Put, $"/lookup-tables/{Plans}?project_id=1", "plan,title\npro,Pro\n", "text/csv");
        await HoldsAsync("what changed", () => Attributes() == ("silver", "Pro"));
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);
        await program.StopAsync(Patience, cancellationToken);

        (string?, string?) Attributes() => brevo.ContactByExtId("u1")?.Attributes is { } has
            ? (has.GetValueOrDefault("COMPANY_TIER") as string, has.GetValueOrDefault("PLAN_TITLE") as string)
            : default;

        Task HoldsAsync(string what, Func<bool> condition) => Eventually.GetAsync(
            what,
            () => (Holds: condition(), Calls: string.Join(", ", brevo.Calls.ByEndpoint), Has: Attributes(), Said: string.Join('\n', program.Output)),
            state => state.Holds, Patience, cancellationToken: cancellationToken);

        async Task SendAsync(HttpMethod method, string path, string body, string type = "application/json")
        {
            using var request = new HttpRequestMessage(method, new Uri(url, path)) { Content = new StringContent(body, Encoding.UTF8, type) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
            using var response = await client.SendAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            Assert.True(response.IsSuccessStatusCode && answer != "0", answer);
        }
    }

    private static ChildProcess Start(TempFolder folder, BrevoSimulator brevo)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}} }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors:
              mixpanel: { project_token: {{Token}}, project_id: "1", lists: { all_users: 15 }, sync: { groups: true } }
              brevo: { api_key: xkeysib-simulator, base_url: "{{brevo.BaseUrl}}" }
            property_mapping: { $email: email, "group:company.tier": COMPANY_TIER, title: PLAN_TITLE }
            lookups: [ { table: {{Plans}}, join: plan, columns: [ title ] } ]
            orders: { Purchase: { id: order_id, amount: revenue } }
            companies: { group_key: company }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }
}
