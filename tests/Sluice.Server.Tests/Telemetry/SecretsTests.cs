using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Telemetry;

public sealed class SecretsTests
{
    private const string JobToken = "JobTokenThatNobodyMaySee0123456789";
    private const string Email = "secret.person@example.org";

    [Fact]
    public async Task No_log_line_of_any_level_and_no_metric_holds_a_secret_or_a_persons_data()
    {
        await using var gateway = await Gateway.StartAsync(options => options with { MaxBodyBytes = 8192 });
        await EverythingThatCanHappenAsync(gateway);

        string[] secrets =
        [
            Gateway.ShopKeys.SecretKey, Gateway.BlogKeys.SecretKey, FakeInbox.Token, JobToken, Email, Gateway.ShopBasic.Parameter!,
            "wrong-secret", "wrong-bearer", "secret-in-path", "u-very-secret", "Secret Event", "secret_property", Gateway.ShopToken, Gateway.ShopSecret,
            Gateway.RobotSecret,
        ];
        Assert.True(gateway.Logs.Lines.Count > 20);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(gateway.Logs.Lines, line => line.Everything.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(gateway.Meters.All, one => one.Tags.Values.Any(tag => tag.Contains(secret, StringComparison.OrdinalIgnoreCase)));
        }
    }

    internal static async Task EverythingThatCanHappenAsync(Gateway gateway)
    {
        var member = $$"""{"mixpanel_distinct_id":"u-very-secret","email":"{{Email}}"}""";
        await gateway.PostPageAsync(Pages.Of(member));
        await gateway.PostPageAsync(Pages.Of(member + $$""",null,{"email":"{{Email}}"}""", remoteProject: "999"));
        await gateway.PostPageAsync(Pages.Of(member)[..^3]);
        await gateway.PostPageAsync(Pages.Of(member).Replace("\"7700123\"", $$"""{"a":"{{Email}}"}""", StringComparison.Ordinal));
        await gateway.PostPageAsync(Pages.OfSize(9000));
        await gateway.PostAsync(Gateway.CohortPath, Pages.Of(member), Gateway.Basic(Gateway.ShopKeys.AccessKey, "wrong-secret"));
        await gateway.PostAsync(Gateway.CohortPath, Pages.Of(member), Gateway.Basic(Gateway.ShopKeys.SecretKey, Gateway.ShopKeys.AccessKey));
        await gateway.PostAsync("/mixpanel/projects/blog/cohorts", Pages.Of(member), Gateway.ShopBasic);
        await gateway.PostAsync("/mixpanel/projects/secret-in-path/cohorts", Pages.Of(member), authorization: null);
        await gateway.PostAsync($"{Gateway.CohortPath}?key={Gateway.ShopKeys.SecretKey}", Pages.Of(member), authorization: null);
        gateway.Intake.Answer = (_, _) => throw new IntakeBusyException();
        await gateway.PostPageAsync(Pages.Of(member));
        gateway.Intake.Answer = (_, _) => throw new InvalidOperationException("The disk is full.");
        await gateway.PostPageAsync(Pages.Of(member));
        gateway.Intake.Answer = (_, _) => Task.FromResult(FakeCohortIntake.Outcome(warning: "Look."));
        await gateway.PostPageAsync(Pages.Of(member));

        await EverythingThatCanBeSentAsync(gateway);
        var body = $$"""{"event":"unsubscribe","email":"{{Email}}"}""";
        await gateway.PostAsync(Gateway.EventsPath, body, new AuthenticationHeaderValue("Bearer", FakeInbox.Token));
        await gateway.PostAsync(Gateway.EventsPath, body, new AuthenticationHeaderValue("Bearer", "wrong-bearer"));
        gateway.Inbox.OnReceive = () => throw new InboxFormatException("event: expected a text.");
        await gateway.PostAsync(Gateway.EventsPath, body, Gateway.ShopBasic);
        gateway.Inbox.OnReceive = () => throw new IntakeBusyException();
        await gateway.PostAsync(Gateway.EventsPath, body, Gateway.ShopBasic);
        gateway.Inbox.OnReceive = () => throw new IOException("The disk is full.");
        await gateway.PostAsync(Gateway.EventsPath, body, Gateway.ShopBasic);
        await gateway.SendAsync(HttpMethod.Get, $"/brevo/projects/shop/imports/{JobToken}", content: null, authorization: null);
        gateway.Inbox.OnJobEnded = () => throw new IOException("The disk is full.");
        await gateway.SendAsync(HttpMethod.Post, $"/brevo/projects/shop/imports/{JobToken}", content: null, authorization: null);
        await Soon.TrueAsync("both notices are counted", () => gateway.Meters.Sum("sluice.inbox.notices") == 2);
        gateway.Readiness.Answer = _ => throw new IOException("The disk is full.");
        await gateway.SendAsync(HttpMethod.Get, "/health/ready", content: null, authorization: null);
        // Garbage, which a web server likes to quote.
        await RawHttp.ExchangeAsync(gateway.Url, Encoding.ASCII.GetBytes($"GET /imports/{JobToken} NOT-HTTP {FakeInbox.Token}\r\n\r\n"));
        await RawHttp.ExchangeAsync(gateway.Url, Encoding.ASCII.GetBytes($"GET /x HTTP/1.1\r\nAuthorization Basic {FakeInbox.Token}\r\n\r\n"));
    }

    private static async Task EverythingThatCanBeSentAsync(Gateway gateway)
    {
        const string properties = $$""""$insert_id":"i","distinct_id":"u-very-secret","secret_property":"{{Email}}"""";
        const string good = $$$"""{"event":"Secret Event","properties":{"token":"{{{Gateway.ShopToken}}}","time":1793610000,{{{properties}}}}}""";
        const string bad = $$$"""{"event":"Secret Event","properties":{"token":"{{{Gateway.ShopToken}}}","time":"secret",{{{properties}}}}}""";
        const string update = $$$"""{"$token":"{{{Gateway.ShopToken}}}","$distinct_id":"u-very-secret","$set":{"secret_property":"{{{Email}}}"}}""";
        var robot = Gateway.Basic(Gateway.Robot, Gateway.RobotSecret);
        await gateway.PostAsync("/import", $"[{good},{bad}]", robot);
        await gateway.PostAsync("/import", $"[{good}", Gateway.Basic(Gateway.ShopSecret, ""));
        await gateway.PostAsync("/import?project_id=secret-in-path", $"[{good}]", robot);
        await gateway.PostAsync("/import", $"[{good}]", Gateway.Basic("wrong-secret", ""));
        await gateway.PostAsync("/track", $"[{good},{bad}]", authorization: null);
        await gateway.PostAsync("/track", $"[{good}", authorization: null);
        await gateway.PostAsync("/track", $"[{good.Replace(Gateway.ShopToken, "secret-in-path", StringComparison.Ordinal)}]", authorization: null);
        await gateway.PostAsync("/engage", $"[{update}]", authorization: null);
        await gateway.PostAsync("/groups", $"[{update}]", authorization: null);
        await gateway.SendAsync(
            HttpMethod.Put, "/lookup-tables/6f1f0d2e-0000-4000-8000-000000000001", new StringContent($"id,secret_property\n1,{Email}\n1,{Email}\n"), robot);
        await gateway.SendAsync(
            HttpMethod.Put, "/lookup-tables/6f1f0d2e-0000-4000-8000-000000000001", new StringContent($"id,secret_property\n1,{Email}\n"), robot);
        gateway.Events.Before = () => throw new IntakeBusyException();
        await gateway.PostAsync("/import", $"[{good}]", robot);
        gateway.Events.Before = () => throw new IOException("The disk is full.");
        await gateway.PostAsync("/track", $"[{good}]", authorization: null);
        gateway.Counts.Before = () => throw new IOException("The disk is full.");
        gateway.Time.Advance(TimeSpan.FromSeconds(5));
        await Soon.TrueAsync("the counts were kept", () => gateway.Logs.Of(1405).Any());
    }
}
