using System.Text.Json;
using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class OfficialClientTests : IClassFixture<OfficialClients>
{
    [Fact]
    public async Task Brevos_own_node_client_works_against_the_simulator()
    {
        await using var brevo = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions
            {
                ApiKey = "xkeysib-sdk",
                Limits = BrevoHarness.WideLimits,
                ImportQueueTime = TimeSpan.FromMilliseconds(20),
                ImportBaseTime = TimeSpan.FromMilliseconds(100),
            },
            TestContext.Current.CancellationToken);

        using var seen = JsonDocument.Parse(await OfficialClients.RunAsync("brevo.mjs", brevo.BaseUrl.ToString(), "xkeysib-sdk"));

        Sees("account", """{"email":"owner@account.test","relay":587}""");
        Sees("attributes", """["normal:EMAIL:text","normal:SMS:text","normal:FIRSTNAME:text","normal:LASTNAME:text","normal:LTV:float","category:TIER:"]""");
        Sees("createdId", "1");
        Sees("upsert", "null");
        Sees("contact", """{"id":1,"attributes":{"EXT_ID":"u1","LTV":13,"TIER":1,"FIRSTNAME":"Jane","LASTNAME":"Kim"},"listIds":[],"blacklisted":false}""");
        Sees("conflict", """{"status":400,"duplicates":["email"]}""");
        Sees("added", """{"success":["jane@example.test"],"failure":["ghost@example.test"]}""");
        Sees("members", """{"count":1,"emails":["jane@example.test"]}""");
        Sees("removed", """{"success":[1],"failure":[]}""");
        Sees("process", """{"status":"completed","name":"IMPORTUSER"}""");
        Sees("invalid", """
            "EMAIL;EXT_ID;SMS;WHATSAPP;LANDLINE_NUMBER\nnot an address;;;;\n"
            """.Trim());
        Sees("imported", """["a@example.test","b@example.test"]""");
        Sees("listed", "2");
        Sees("webhooks", """[{"id":1,"events":["unsubscribed","contactDeleted"]}]""");
        Sees("webhooksLeft", "0");
        Sees("batchCount", "1");
        Sees("events", """["e1"]""");
        Sees("company", """{"name":"Acme Ltd","domain":"acme.test","contacts":[]}""");
        Sees("companyAttributes", """["number"]""");
        Sees("orders", """[["A-1","completed"]]""");
        Sees("gone", "404");
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);

        void Sees(string name, string json) => Assert.Equal(json, seen.RootElement.GetProperty(name).GetRawText());
    }
}
