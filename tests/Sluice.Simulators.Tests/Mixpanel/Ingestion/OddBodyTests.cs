using System.Text;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

/// <summary>Whatever arrives is answered: a client that is tested here must never be misled by a failure of the simulator.</summary>
public sealed class OddBodyTests
{
    private const int Rounds = 400;

    private static readonly string[] Seeds =
    [
        """[{"event":"a","properties":{"time":1767225600,"distinct_id":"u","$insert_id":"i","token":"simulator-token","$user_id":"u","$device_id":"d","ip":"192.0.2.7","x":[{"y":[1.5e3,"\ud83d\ude00"]}]}}]""",
        """[{"event":"$identify","properties":{"token":"simulator-token","$identified_id":"u","$anon_id":"3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90","$distinct_ids":["a","b"],"alias":"x"}}]""",
        """[{"$token":"simulator-token","$distinct_id":"u","$group_key":"team","$group_id":"g","$time":1767225600,"$latitude":1,"$longitude":2,"$set":{"a":[1]},"$set_once":{"b":1},"$add":{"n":-9223372036854775808},"$append":{"l":1},"$union":{"l":[1]},"$remove":{"l":1},"$unset":["a"]}]""",
        """[{"$token":"simulator-token","$group_key":"team","$group_id":"g","$set":{"a":1,"b":null},"$union":{"l":["x"]},"$remove":{"l":"x"},"$unset":["a"]}]""",
        "data=eyJldmVudCI6ImEiLCJwcm9wZXJ0aWVzIjp7InRva2VuIjoic2ltdWxhdG9yLXRva2VuIn19&verbose=1&callback=f",
        "id,a\n1,\"x\"\"y\"\n2,[\"a\"]\n",
    ];

    private static readonly string[] Insertions =
        ["\"", "{", "}", "[", "]", ",", "null", "-", "1e400", "\\ud800", "\0", "\"$distinct_id\":{},", "99999999999999999999", "true", "%", "\n"];

    [Fact]
    public async Task No_body_makes_the_simulator_fail()
    {
        var project = new MixpanelProject
        {
            Identity = MixpanelIdentityMode.Original, GroupKeys = ["team"], LookupTables = [new(Guid.Empty, "t")],
        };
        await using var mixpanel = await MixpanelHarness.StartAsync(project, new MixpanelLimits { LookupCalls = int.MaxValue });
        var random = new Random(11);
        string[] types = ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "text/csv", "text/plain"];
        for (var round = 0; round < Rounds; round++)
        {
            var body = Mutate(random);
            foreach (var path in new[] { MixpanelHarness.Import, "/track?verbose=1&ip=1", "/engage?strict=1", "/groups?verbose=2" })
            {
                await SendAsync("POST", path, body);
            }

            await SendAsync("PUT", "/lookup-tables/00000000-0000-0000-0000-000000000000?project_id=12345", body);
        }

        Assert.Equal(Rounds * 5, mixpanel.Simulator.Calls.Total);
        Assert.NotEmpty(mixpanel.Events);
        Assert.NotEmpty(mixpanel.Simulator.Groups(MixpanelHarness.Project));

        async Task SendAsync(string method, string path, byte[] body)
        {
            var type = path.StartsWith("/lookup", StringComparison.Ordinal) && random.Next(3) > 0 ? "text/csv" : types[random.Next(types.Length)];
            var answer = await mixpanel.SendAsync(method, path, body, type, MixpanelHarness.ServiceAccount, random.Next(20) == 0 ? "gzip" : null);
            Assert.True(answer.Status is 200 or 400, $"{path} {type} answered {answer.Status} to: {Encoding.Latin1.GetString(body)}");
        }
    }

    private static byte[] Mutate(Random random)
    {
        List<byte> body = [.. Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)])];
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            var at = random.Next(body.Count);
            switch (random.Next(3))
            {
                case 0:
                    body.RemoveRange(at, Math.Min(random.Next(12), body.Count - at));
                    break;
                case 1:
                    body[at] = (byte)random.Next(256);
                    break;
                default:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(Insertions[random.Next(Insertions.Length)]));
                    break;
            }
        }

        return [.. body];
    }
}
