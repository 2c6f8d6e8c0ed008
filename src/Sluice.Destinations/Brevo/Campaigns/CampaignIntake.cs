using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;

namespace Sluice.Destinations.Brevo.Campaigns;

/// <summary>
/// Stores what Brevo tells of its messages as events of the people who got them. Their origin says that they came from a destination, so
/// that they never go back to Brevo.
/// </summary>
public sealed class CampaignIntake(IEventIntake events, IPeopleByAddress people, IIntakeCounts counts, TimeProvider time)
{
    /// <summary>The way under which they are counted.</summary>
    private const string Way = "brevo";

    /// <summary>Returns once they are durable. The same webhook again changes nothing, whoever has the address by then.</summary>
    public async Task TakeAsync(string project, IEnumerable<JsonElement> items, CancellationToken cancellationToken)
    {
        var told = items.Select(i => CampaignEvent.Read(project, i)).OfType<CampaignEvent>().ToList();
        if (told.Count == 0)
        {
            return;
        }

        var holders = await people.FindAsync(project, BrevoDestination.DestinationName, [.. told.Select(t => t.Email)], cancellationToken);
        var known = told.Where(t => holders.ContainsKey(t.Email)).ToList();
        var records = known.Select(k => new EventRecord(k.Name, k.Time, holders[k.Email], k.InsertId, k.ToJson(holders[k.Email]))).ToList();
        var fresh = records.Count == 0
            ? []
            : (await events.AppendAsync(new EventBatch(project, Origin.Destination, IdentityMode.Simplified, records, []) { IsKnownByInsertId = true }, cancellationToken)).Fresh.ToHashSet();
        await CountAsync(project, told.Where(t => !holders.ContainsKey(t.Email)).Select(t => (IntakeOutcome.UnknownPerson, t.Name, 0)).Concat(
            records.Index().Select(r => (fresh.Contains(r.Index) ? IntakeOutcome.Accepted : IntakeOutcome.Duplicate, r.Item.Name, r.Item.Properties.Length))));
    }

    private async Task CountAsync(string project, IEnumerable<(string Outcome, string Name, int Bytes)> outcomes)
    {
        var now = time.GetUtcNow();
        var minute = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        try
        {
            await counts.AddAsync(
                [.. outcomes.GroupBy(o => (o.Outcome, o.Name)).Select(g => new IntakeCount(project, minute, Way, g.Key.Outcome, g.Key.Name, g.Count(), g.Sum(o => (long)o.Bytes)))],
                CancellationToken.None);
        }
        catch (IntakeBusyException)
        {
            // The events are stored; Brevo is not asked to come again for the sake of a count.
        }
    }
}
