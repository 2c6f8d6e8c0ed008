using System.Text.Json.Nodes;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>Events made at random come out as they were sent, however they were written.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_valid_event_is_taken_as_it_is(int seed)
    {
        var random = new Random(seed);
        var json = new RandomJson(random);
        var options = Parsed.Import with { Identity = IdentityMode.Original };
        for (var round = 0; round < 300; round++)
        {
            var sent = Enumerable.Range(0, random.Next(1, 6)).Select(i => new JsonObject
            {
                ["event"] = "e" + json.Text(),
                ["properties"] = With(json.Properties(20), 1_767_225_600_000 + random.Next(1_000_000), "u" + json.Text(), $"i-{i}"),
            }).ToList();
            var body = random.Next(2) == 0
                ? $"[{string.Join(random.Next(2) == 0 ? "," : " ,\n", sent.Select(json.Write))}]"
                : string.Join('\n', sent.Select(item => item.ToJsonString()));

            var parsed = Parsed.Of(body, options);

            Assert.Empty(parsed.Failed);
            Assert.Equal(sent.Count, parsed.Events.Count);
            for (var i = 0; i < sent.Count; i++)
            {
                var (item, properties) = (parsed.Events[i], (JsonObject)sent[i]["properties"]!);
                Assert.Equal((string)sent[i]["event"]!, item.Name);
                Assert.Equal((string)properties["distinct_id"]!, item.DistinctId);
                Assert.Equal((string)properties["$insert_id"]!, item.InsertId);
                Assert.Equal((long)properties["time"]!, item.TimeMs);
                properties.Remove("time");
                Assert.True(JsonNode.DeepEquals(properties, JsonNode.Parse(parsed.Properties[i])), parsed.Properties[i]);
            }
        }
    }

    private static JsonObject With(JsonObject properties, long time, string distinctId, string insertId)
    {
        properties["time"] = time;
        properties["distinct_id"] = distinctId;
        properties["$insert_id"] = insertId;
        return properties;
    }
}
