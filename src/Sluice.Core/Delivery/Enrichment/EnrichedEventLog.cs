using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Lookups;

namespace Sluice.Core.Delivery.Enrichment;

/// <summary>
/// The log as a destination sees it: events that are about to be sent carry what lookup tables say of them at that time. One query a
/// table and slice; nothing is held, however large the table.
/// </summary>
public sealed class EnrichedEventLog(IEventLog inner, ILookupTables tables, IReadOnlyList<LookupJoin> joins) : IEventLog
{
    public Task<LogPosition> EndAsync(string project, CancellationToken cancellationToken) => inner.EndAsync(project, cancellationToken);

    public Task<LogPage> ReadAsync(string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        inner.ReadAsync(project, after, limit, names, cancellationToken);

    public Task<LogKeyPage> ReadKeysAsync(
        string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        inner.ReadKeysAsync(project, after, limit, names, cancellationToken);

    public async Task<IReadOnlyList<LoggedEvent>> GetAsync(string project, IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken)
    {
        var events = await inner.GetAsync(project, positions, cancellationToken);
        if (joins.Count == 0 || events.Count == 0)
        {
            return events;
        }

        var records = events.Select(e => JsonDocument.Parse(e.Properties)).ToList();
        try
        {
            var added = records.ConvertAll(r => new AddedProperties(r.RootElement));
            foreach (var join in joins)
            {
                await JoinAsync(project, join, records, added, cancellationToken);
            }

            return [.. events.Select((e, i) => added[i].ToRecord() is { } whole ? e with { Properties = whole } : e)];
        }
        finally
        {
            records.ForEach(r => r.Dispose());
        }
    }

    public Task<IReadOnlyList<EventCount>> CountAsync(string project, long from, long until, CancellationToken cancellationToken) =>
        inner.CountAsync(project, from, until, cancellationToken);

    private async Task JoinAsync(
        string project, LookupJoin join, List<JsonDocument> records, List<AddedProperties> added, CancellationToken cancellationToken)
    {
        var keys = records.ConvertAll(r => r.RootElement.TryGetProperty(join.Property, out var value) ? KeyText.First(value) : null);
        var wanted = keys.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        foreach (var (key, values) in await FindAsync(project, join.Table, wanted, cancellationToken))
        {
            using var row = JsonDocument.Parse(values);
            for (var i = 0; i < keys.Count; i++)
            {
                if (keys[i] == key)
                {
                    added[i].Add(join, row.RootElement);
                }
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> FindAsync(string project, string table, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        try
        {
            return await tables.FindAsync(project, table, keys, cancellationToken);
        }
        catch (IntakeBusyException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }
}
