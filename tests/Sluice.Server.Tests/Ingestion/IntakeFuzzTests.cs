using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

/// <summary>The memory of the process is everybody's: what measures it runs while nothing else does.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;

/// <summary>Damaged bodies, by the thousand, through the socket: no path answers with a 5xx, loses its feet or keeps memory.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class IntakeFuzzTests
{
    private const string Variable = "SLUICE_TEST_FUZZ_BODIES";
    private const int Seed = 20261122;
    // Lookup tables are read one at a time.
    private const int AtOnce = 8;

    // What a run may leave behind: caches of the runtime and buffers in pools, but nothing for each of the bodies.
    private const long MostGrowthBytes = 48 * 1024 * 1024;

    private static int Bodies { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : 2_000;

    [Theory]
    [InlineData("/import?strict=1")]
    [InlineData("/track?verbose=1&ip=1")]
    [InlineData("/engage?strict=1")]
    [InlineData("/groups")]
    [InlineData("/lookup-tables/6f1f0d2e-0000-4000-8000-000000000001")]
    [InlineData("/api/app/data-deletions/v3.0/?token=" + Gateway.ShopToken)]
    [InlineData("/api/app/data-retrievals/v3.0/?token=" + Gateway.ShopToken)]
    public async Task No_damaged_body_brings_a_5xx_and_memory_stays(string path)
    {
        await using var gateway = await Gateway.StartAsync(o => o with { MaxIngestionBodyBytes = 64 * 1024, MaxLookupBodyBytes = 64 * 1024 });
        var isLookup = path.StartsWith("/lookup", StringComparison.Ordinal);
        var isEvents = path.StartsWith("/import", StringComparison.Ordinal) || path.StartsWith("/track", StringComparison.Ordinal);
        var isErasure = path.StartsWith("/api/app/", StringComparison.Ordinal);
        var seeds = (isLookup ? Tables() : isEvents ? Events() : isErasure ? Erasures() : Updates()).SelectMany(Variants).ToArray();
        var random = new Random(Seed);

        // The first part warms up what stays for good.
        var statuses = new Dictionary<int, int>();
        await SendAsync(Math.Min(500, Bodies / 2));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await SendAsync(Bodies - Math.Min(500, Bodies / 2));
        gateway.Events.Stored.Clear();
        gateway.Events.Batches.Clear();
        gateway.Profiles.Applied.Clear();
        gateway.Refused.Kept.Clear();
        gateway.Erasures.States.Clear();
        gateway.Logs.Clear();
        gateway.Meters.Clear();
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.DoesNotContain(statuses.Keys, status => status >= 500);
        Assert.True(statuses.GetValueOrDefault(isErasure ? 201 : 200) > 0, "not every body was broken");
        if (isLookup || isErasure || path.StartsWith("/import", StringComparison.Ordinal))
        {
            Assert.True(statuses.GetValueOrDefault(400) > 0, "not every body was whole");
        }

        Assert.InRange(grown, long.MinValue, MostGrowthBytes);

        async Task SendAsync(int count)
        {
            foreach (var batch in Enumerable.Range(0, count).Select(_ => Mutate(seeds[random.Next(seeds.Length)], random)).Chunk(isLookup ? 1 : AtOnce))
            {
                foreach (var status in await Task.WhenAll(batch.Select(b => PostAsync(gateway, path, isLookup, b))))
                {
                    statuses[status] = statuses.GetValueOrDefault(status) + 1;
                }
            }
        }
    }

    private static async Task<int> PostAsync(Gateway gateway, string path, bool isLookup, Body body)
    {
        using var request = new HttpRequestMessage(isLookup ? HttpMethod.Put : HttpMethod.Post, path) { Content = new ByteArrayContent(body.Bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(body.Type);
        if (body.IsGzip)
        {
            request.Content.Headers.ContentEncoding.Add("gzip");
        }

        request.Headers.Authorization = Gateway.ShopBasic;
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private static IEnumerable<string> Events()
    {
        var one = Sent.Event("Order", "u-1", "i-1", Sent.Now, Gateway.ShopToken, "\"amount\":1.5e3,\"tags\":[\"a\",{\"b\":[1,2,null]}],\"t\":\"é\\u00e9\\ud83d\\ude00\"");
        var other = Sent.Event("$identify", null, null, null, Gateway.BlogToken, "\"$identified_id\":\"a\",\"$anon_id\":\"3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90\"");
        yield return one;
        yield return $"[{one},{other},{one.Replace("i-1", "i-2", StringComparison.Ordinal)}]";
        yield return $"{one}\n{one}\n";
    }

    private static IEnumerable<string> Updates()
    {
        const string update = $$$"""
            {"$token":"{{{Gateway.ShopToken}}}","$distinct_id":"u-1","$group_key":"company","$group_id":"acme","$time":1793600000,"$set":{"a":[1,{"b":"é"}]},"$union":{"t":["x"]},"$unset":["z"]}
            """;
        const string add = $$$"""{"$token":"{{{Gateway.BlogToken}}}","$distinct_id":"u-2","$group_key":"k","$group_id":"g","$add":{"n":-1.5},"$remove":{"t":"x"}}""";
        yield return update;
        yield return $"[{update},{add},{update}]";
    }

    private static IEnumerable<string> Erasures()
    {
        yield return """{"distinct_ids":["u-1","é\ud83d\ude00"],"compliance_type":"GDPR"}""";
        yield return """{"distinct_ids":["u-1"],"compliance_type":"CCPA","disclosure_type":"Categories"}""";
    }

    private static IEnumerable<string> Tables()
    {
        yield return "id,name,since,tags\r\np1,\"One, \"\"two\"\"\",2026-01-01T00:00:00Z,\"[\"\"a\"\"]\"\r\np2,é,,true\r\n";
        yield return "id\n1\n2\n3\n";
    }

    private static IEnumerable<Body> Variants(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        yield return new Body(bytes, "application/json", IsGzip: false);
        yield return new Body(Sent.Gzip(bytes), "application/json", IsGzip: true);
        yield return new Body(Encoding.UTF8.GetBytes("verbose=1&data=" + Uri.EscapeDataString(text)), "application/x-www-form-urlencoded", IsGzip: false);
        yield return new Body(Encoding.UTF8.GetBytes("data=" + Convert.ToBase64String(bytes)), "text/plain", IsGzip: false);
    }

    private static Body Mutate(Body body, Random random)
    {
        var bytes = new List<byte>(body.Bytes);
        for (var n = random.Next(0, 5); n > 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    bytes.InsertRange(at, "{}[]\",:\\u0000\n=&%+"u8[..random.Next(1, 18)]);
                    break;
                case 5:
                    bytes.InsertRange(at, "\uFFFF\0\uD7FF"u8[..random.Next(1, 7)]);
                    break;
                case 6:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)"[{\"9,"[random.Next(5)], random.Next(3_000)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return body with { Bytes = [.. bytes] };
    }

    private sealed record Body(byte[] Bytes, string Type, bool IsGzip);
}
