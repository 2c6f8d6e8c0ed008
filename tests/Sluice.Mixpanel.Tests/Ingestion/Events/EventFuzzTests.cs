using System.Text.Json;
using System.Text.Unicode;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>Bodies that were damaged at random.</summary>
public sealed class EventFuzzTests
{
    private static readonly byte[][] Seeds =
    [
        Bodies.Utf8($"[{Parsed.ImportEvent("\"token\":\"T\",\"a\":[1,{\"b\":\"x\",\"c\":[]}],\"é\":\"\\ud83d\\ude00\"")},{Parsed.ImportEvent("\"token\":\"T\"")}]"),
        Bodies.Utf8($"{Parsed.ImportEvent("\"token\":\"T\",\"$user_id\":\"u\",\"$device_id\":\"$device:d\"")}\n{Parsed.TrackEvent("\"ip\":\"1\"")}\n"),
        Bodies.Utf8("""[{"event":"$merge","properties":{"token":"T","$distinct_ids":["a","b"]}},{"event":"$identify","properties":{"token":"T","$identified_id":"u","$anon_id":"a"}}]"""),
        Bodies.Raw("""{"event":"~ED~A0~BD~ED~B8~80","properties":{"token":"T","x":"~ED~A0~BD~ED~B8~80"}}"""),
    ];

    [Theory]
    [InlineData(1, EventRules.Import, IdentityMode.Simplified)]
    [InlineData(2, EventRules.Import, IdentityMode.Original)]
    [InlineData(3, EventRules.Track, IdentityMode.Simplified)]
    [InlineData(4, EventRules.Track, IdentityMode.Legacy)]
    public void Whatever_the_body_every_record_is_accounted_for(int seed, EventRules rules, IdentityMode mode)
    {
        var random = new Random(seed);
        var parser = new EventParser(new EventParserOptions { Rules = rules, Identity = mode });
        var (batches, accepted, failed) = (0, 0, 0);
        for (var i = 0; i < 25_000; i++)
        {
            var body = Mutations.Of(Seeds[random.Next(Seeds.Length)], random);
            try
            {
                if (!parser.TryParse(body, Bodies.Now, out var batch, out var failure))
                {
                    Assert.NotEmpty(failure.Message);
                    continue;
                }

                using (batch)
                {
                    MustBeSound(batch);
                    batches++;
                    accepted += batch.Events.Count;
                    failed += batch.Failed.Count;
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, case {i}: {Convert.ToBase64String(body)}", exception);
            }
        }

        // The damage must leave enough of each, or the test would say little.
        Assert.True(batches > 2_500 && accepted > 1_000 && failed > 1_000, $"{batches} {accepted} {failed}");
    }

    private static void MustBeSound(EventBatch batch)
    {
        Assert.Equal(batch.Received, batch.Events.Count + batch.Failed.Count + batch.Ignored + batch.IdentityIgnored);
        foreach (var item in batch.Events)
        {
            Assert.InRange(item.Name.Length, 1, 255);
            Assert.InRange(item.TimeMs, 31_536_000_000, Bodies.NowMs);
            Assert.Equal(item.Kind == EventKind.Ordinary, item.Id is null);
            Assert.True(Utf8.IsValid(item.Properties.Span));
            Assert.DoesNotContain("\\u0000", Bodies.Text(item.Properties), StringComparison.Ordinal);
            using var properties = JsonDocument.Parse(item.Properties);
            var names = properties.RootElement.EnumerateObject().Select(property => property.Name).ToList();
            Assert.Equal(names.Distinct().Count(), names.Count);
            Assert.DoesNotContain("token", names);
            Assert.All(names, name => Assert.InRange(name.Length, 0, 255));
        }

        Assert.All(batch.Failed, record => Assert.NotEmpty(record.Message));
    }
}
