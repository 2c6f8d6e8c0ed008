using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Mixpanel.Tests.Ingestion.Profiles;

/// <summary>What became of a body of updates, copied out of the batch: each operation as one text.</summary>
internal sealed record Updates<TUpdate>(List<TUpdate> Accepted, List<string> Operations, List<FailedRecord> Failed, int Truncated)
{
    public TUpdate Update => Assert.Single(Accepted);

    public FailedRecord Failure => Assert.Single(Failed);
}

internal static class Updates
{
    public static Updates<ProfileUpdate> OfProfiles(string body, IngestionLimits? limits = null)
    {
        Assert.True(new ProfileUpdateParser(limits).TryParse(Bodies.Utf8(body), out var batch, out var failure), failure?.Message);
        return Copy(batch, update => update.Operations);
    }

    public static Updates<GroupUpdate> OfGroups(string body)
    {
        Assert.True(new GroupUpdateParser().TryParse(Bodies.Utf8(body), out var batch, out var failure), failure?.Message);
        return Copy(batch, update => update.Operations);
    }

    private static Updates<TUpdate> Copy<TUpdate>(UpdateBatch<TUpdate> batch, Func<TUpdate, IReadOnlyList<PropertyOperation>> operations)
    {
        using (batch)
        {
            Assert.Equal(batch.Received, batch.Updates.Count + batch.Failed.Count);
            var texts = batch.Updates.SelectMany(operations).Select(item => $"{item.Kind} {item.Name} {Bodies.Text(item.Value)}".Trim()).ToList();
            return new Updates<TUpdate>([.. batch.Updates], texts, [.. batch.Failed], batch.Truncated);
        }
    }
}
