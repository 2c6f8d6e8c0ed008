using System.Text.Json;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Mixpanel.Tests.Ingestion.Profiles;

/// <summary>Bodies that were damaged at random.</summary>
public sealed class UpdateFuzzTests
{
    private static readonly byte[][] Seeds =
    [
        Bodies.Utf8(
            """
            [{"$token":"T","$distinct_id":"u","$group_key":"k","$group_id":"g","$set":{"a":"x","b":[1,{"c":null}],"é":"\ud83d\ude00"},"$unset":["a","b"]},
             {"$token":"T","$distinct_id":"u","$group_key":"k","$group_id":"g","$union":{"l":["a"]},"$remove":{"l":"b"},"$ip":"0","$time":1767225600}]
            """),
        Bodies.Utf8(
            """
            {"$token":"T","$distinct_id":"u","$group_key":"k","$group_id":"g","$delete":"","$ignore_alias":"true"}
            {"$token":"T","$distinct_id":"u","$group_key":"k","$group_id":"g","$set_once":{"a":{"b":{"c":1}}},"$latitude":1.5}
            """),
        Bodies.Utf8("""{"$token":"T","$distinct_id":"u","$group_key":"k","$group_id":"g","$add":{"n":1},"$append":{"l":2}}"""),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_the_body_every_update_is_accounted_for(int seed)
    {
        var random = new Random(seed);
        var (profiles, groups, accepted, failed) = (new ProfileUpdateParser(), new GroupUpdateParser(), 0, 0);
        for (var i = 0; i < 50_000; i++)
        {
            var body = Mutations.Of(Seeds[random.Next(Seeds.Length)], random);
            try
            {
                BodyFailure? failure;
                if (i % 2 == 0
                    ? Check(profiles.TryParse(body, out var profileBatch, out failure), profileBatch, update => update.Operations, ref accepted, ref failed)
                    : Check(groups.TryParse(body, out var groupBatch, out failure), groupBatch, update => update.Operations, ref accepted, ref failed))
                {
                    continue;
                }

                Assert.NotEmpty(failure!.Message);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, case {i}: {Convert.ToBase64String(body)}", exception);
            }
        }

        Assert.True(accepted > 5_000 && failed > 5_000, $"{accepted} {failed}");
    }

    private static bool Check<TUpdate>(
        bool isParsed, UpdateBatch<TUpdate>? batch, Func<TUpdate, IReadOnlyList<PropertyOperation>> operations, ref int accepted, ref int failed)
    {
        Assert.Equal(isParsed, batch is not null);
        if (batch is null)
        {
            return false;
        }

        using (batch)
        {
            Assert.Equal(batch.Received, batch.Updates.Count + batch.Failed.Count);
            foreach (var operation in batch.Updates.SelectMany(operations))
            {
                Assert.InRange(operation.Name.Length, 0, 255);
                if (operation.Kind is PropertyOperationKind.Unset or PropertyOperationKind.Delete)
                {
                    Assert.True(operation.Value.IsEmpty);
                    continue;
                }

                using var value = JsonDocument.Parse(operation.Value);
                Assert.True(operation.Kind != PropertyOperationKind.Add || value.RootElement.ValueKind == JsonValueKind.Number);
                Assert.True(operation.Kind != PropertyOperationKind.Union || value.RootElement.ValueKind == JsonValueKind.Array);
            }

            accepted += batch.Updates.Count;
            failed += batch.Failed.Count;
        }

        return true;
    }
}
