using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Server.Tests.Fakes;
using Sluice.Server.Tests.Ingestion;

namespace Sluice.Server.Tests.Query;

/// <summary>Damaged questions, by the thousand, through the socket: none is answered with a 5xx, none reaches another path of Mixpanel's, and no memory stays.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class QueryFuzzTests
{
    private const string Variable = "SLUICE_TEST_FUZZ_BODIES";
    private const int Seed = 20261123;
    private const int AtOnce = 8;

    // What a run may leave behind: caches of the runtime and buffers in pools, but nothing for each of the questions.
    private const long MostGrowthBytes = 48 * 1024 * 1024;

    private static readonly string[] Credentials = ["project_id", "api_key", "api_secret", "secret", "token", "expire", "sig"];

    private static readonly string[] Questions =
    [
        "/api/2.0/engage?filter_by_cohort=%7B%22id%22%3A1%7D&page=0&api_key=k&sig=s", "/api/2.0/segmentation?event=A&from_date=2026-01-01&to_date=2026-01-02&type=general",
        "/api/query/events/properties/top?event=A&limit=10", "/api/query/jql?workspace_id=3&token=t", "/api/2.0/export?from_date=2026-01-01&to_date=2026-01-01&where=x%3D%3D1",
        "/api/query/cohorts/list/", "/engage/query?project_id=4100200", "/funnels/list", "/retention?unit=day",
    ];

    private static readonly string[] Bodies =
    [
        "script=function%20main()%7Breturn%201%7D&params=%7B%22a%22%3A1%7D&api_secret=x", "filter_by_cohort=%7B%22id%22%3A1%7D&output_properties=%5B%22%24email%22%5D",
        """{"script":"function main(){}","params":{"é":[1,2,{"b":null}]}}""", "",
    ];

    private static int Count { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : 2_000;

    [Fact]
    public async Task No_damaged_question_brings_a_5xx_or_goes_astray_and_memory_stays()
    {
        await using var gateway = await Gateway.StartAsync();
        var random = new Random(Seed);
        var statuses = new Dictionary<int, int>();

        // The first part warms up what stays for good.
        await SendAsync(Math.Min(500, Count / 2));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await SendAsync(Count - Math.Min(500, Count / 2));
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.DoesNotContain(statuses.Keys, status => status >= 500);
        Assert.All([200, 400, 404], status => Assert.True(statuses.GetValueOrDefault(status) > 0, $"Nothing was answered with {status}."));
        Assert.InRange(grown, long.MinValue, MostGrowthBytes);

        async Task SendAsync(int count)
        {
            foreach (var batch in Enumerable.Range(0, count).Select(_ => Damaged(random)).Chunk(AtOnce))
            {
                foreach (var status in await Task.WhenAll(batch.Select(q => AskAsync(gateway, q))))
                {
                    statuses[status] = statuses.GetValueOrDefault(status) + 1;
                }
            }

            foreach (var (project, question) in gateway.Reports.Asked)
            {
                Assert.Equal(Gateway.Shop, project);
                Assert.Matches("^/api/(query|2\\.0)/(export|cohorts|engage|jql|segmentation|retention|funnels|insights|events|stream|arb_funnels)(/[a-z0-9_-]+){0,3}\\z", question.Path);
                Assert.DoesNotContain(question.Parameters.Concat(question.Fields ?? []), p => Credentials.Contains(p.Key, StringComparer.OrdinalIgnoreCase));
            }

            gateway.Reports.Asked.Clear();
            gateway.Logs.Clear();
            gateway.Meters.Clear();
        }
    }

#pragma warning disable CA5394 // A repeatable sequence is what a test needs.
    private static Question Damaged(Random random)
    {
        var address = Questions[random.Next(Questions.Length)];
        if (random.Next(3) > 0)
        {
            address = Damage(address, random, "/?&=%.;#~a2é..%2f%00%ff+");
        }

        if (random.Next(3) == 0)
        {
            return new Question(HttpMethod.Get, address, null, "", IsGzip: false);
        }

        var body = Encoding.UTF8.GetBytes(Damage(Bodies[random.Next(Bodies.Length)], random, "{}[]\",:\\u0000\n=&%+;"));
        if (body.Length > 0 && random.Next(3) == 0)
        {
            body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
        }

        // Gzip that is none, and gzip that is whole.
        var isGzip = random.Next(5) == 0;
        var type = random.Next(3) switch { 0 => "application/json", 1 => "application/x-www-form-urlencoded", _ => "text/plain" };
        return new Question(HttpMethod.Post, address, isGzip && random.Next(2) == 0 ? Sent.Gzip(body) : body, type, isGzip);
    }

    private static string Damage(string text, Random random, string with)
    {
        var damaged = new StringBuilder(text);
        for (var n = random.Next(0, 4); n > 0; n--)
        {
            var at = random.Next(damaged.Length + 1);
            var length = Math.Min(random.Next(1, 12), damaged.Length - at);
            switch (random.Next(4))
            {
                case 0:
                    damaged.Remove(at, length);
                    break;
                case 1:
                    damaged.Insert(at, with[random.Next(with.Length)]);
                    break;
                case 2:
                    damaged.Insert(at, damaged.ToString(at, length));
                    break;
                default:
                    damaged.Insert(at, new string(with[random.Next(with.Length)], random.Next(600)));
                    break;
            }
        }

        return damaged.ToString();
    }
#pragma warning restore CA5394

    private static async Task<int> AskAsync(Gateway gateway, Question question)
    {
        // As it is: nothing in between tidies the path.
        var address = question.Address.StartsWith('/') ? question.Address : "/" + question.Address;
        if (!Uri.TryCreate(gateway.Url.GetLeftPart(UriPartial.Authority) + address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var uri)
            || uri.PathAndQuery.Any(c => c is < '!' or > '~'))
        {
            return 0;
        }

        using var request = new HttpRequestMessage(question.Method, uri);
        if (question.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(question.Type);
            if (question.IsGzip)
            {
                request.Content.Headers.ContentEncoding.Add("gzip");
            }
        }

        request.Headers.Authorization = Gateway.ShopBasic;
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private sealed record Question(HttpMethod Method, string Address, byte[]? Body, string Type, bool IsGzip);
}
