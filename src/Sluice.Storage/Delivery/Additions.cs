using System.Text.Json;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Storage.Lookups;
using Sluice.Storage.People;

namespace Sluice.Storage.Delivery;

/// <summary>What is added to profiles: read for a whole slice at a time, one query for the groups and one for each table.</summary>
internal sealed class Additions
{
    private readonly Session _session;
    private readonly string _project;
    private readonly EnrichmentRules _rules;

    private Additions(Session session, string project, EnrichmentRules rules)
    {
        _session = session;
        _project = project;
        _rules = rules;
    }

    /// <param name="profiles">Properties, JSON objects.</param>
    public static async Task<IReadOnlyList<(string Added, IReadOnlyList<GroupLink> Links)>> OfAsync(
        Session session, string project, EnrichmentRules rules, IReadOnlyList<string> profiles, CancellationToken cancellationToken)
    {
        var documents = profiles.Select(p => JsonDocument.Parse(p)).ToList();
        try
        {
            return await new Additions(session, project, rules).OfAsync([.. documents.Select(d => d.RootElement)], cancellationToken);
        }
        finally
        {
            documents.ForEach(d => d.Dispose());
        }
    }

    private async Task<IReadOnlyList<(string Added, IReadOnlyList<GroupLink> Links)>> OfAsync(JsonElement[] profiles, CancellationToken cancellationToken)
    {
        var keys = _rules.GroupKeys;
        var links = Array.ConvertAll(profiles, p => keys
            .SelectMany(k => p.TryGetProperty(k, out var value) ? KeyText.All(value).Select(id => new GroupLink(k, id)) : []).ToList());
        var groups = await GroupsAsync([.. links.SelectMany(Firsts).Distinct()], cancellationToken);
        var added = Array.ConvertAll(profiles, p => new AddedProperties(p));
        for (var i = 0; i < profiles.Length; i++)
        {
            var mine = Firsts(links[i]).ToDictionary(l => l.GroupKey, StringComparer.Ordinal);
            foreach (var source in _rules.Groups.Where(s => profiles[i].TryGetProperty(s.GroupKey, out _)))
            {
                // Who says nothing of groups keeps what the destination has; who says of themselves that they are in none, loses it.
                var found = mine.TryGetValue(source.GroupKey, out var link) ? groups.GetValueOrDefault((link, source.Property)) : null;
                added[i].Add(source.Name, found);
            }
        }

        foreach (var join in _rules.Lookups)
        {
            await JoinAsync(join, profiles, added, cancellationToken);
        }

        return [.. added.Select((a, i) => (a.ToJson(), (IReadOnlyList<GroupLink>)links[i]))];
    }

    private static IEnumerable<GroupLink> Firsts(IEnumerable<GroupLink> links) => links.DistinctBy(l => l.GroupKey);

    /// <summary>The values of the mapped properties, as JSON, by group and property.</summary>
    private async Task<Dictionary<(GroupLink, string), string>> GroupsAsync(GroupLink[] groups, CancellationToken cancellationToken)
    {
        var values = new Dictionary<(GroupLink, string), string>();
        foreach (var (group, props) in await _session.QueryBatchAsync(
            """
            SELECT g.group_key, g.group_id, g.props FROM {batch} JOIN group_profile g
            ON g.project = {project} AND g.group_key = b.group_key AND g.shard = b.shard AND g.person = b.person
            """,
            Batch.Of(_session.Dialect, [.. groups.Select(g => GroupProfiles.KeyOf(_project, g.GroupId))])
                .Add("group_key", ColumnType.Text, Array.ConvertAll(groups, g => g.GroupKey)),
            r => (new GroupLink(r.GetString(0), r.GetString(1)), r.GetString(2)), cancellationToken, ("project", _project)))
        {
            using var profile = JsonDocument.Parse(props);
            foreach (var source in _rules.Groups.Where(s => s.GroupKey == group.GroupKey))
            {
                if (profile.RootElement.TryGetProperty(source.Property, out var value) && value.ValueKind != JsonValueKind.Null)
                {
                    values[(group, source.Property)] = value.GetRawText();
                }
            }
        }

        return values;
    }

    private async Task JoinAsync(LookupJoin join, JsonElement[] profiles, AddedProperties[] added, CancellationToken cancellationToken)
    {
        if (await LookupTables.FindTableAsync(_session, _project, join.Table, cancellationToken) is not { } table)
        {
            // Before the table is there, nothing is known; that is not the same as having no value.
            return;
        }

        var keys = Array.ConvertAll(profiles, p => p.TryGetProperty(join.Property, out var value) ? KeyText.First(value) : null);
        var rows = new Dictionary<string, JsonDocument>(StringComparer.Ordinal);
        try
        {
            foreach (var (key, values) in await LookupTables.FindRowsAsync(_session, _project, table, [.. keys.OfType<string>().Distinct(StringComparer.Ordinal)], cancellationToken))
            {
                rows[key] = JsonDocument.Parse(values);
            }

            for (var i = 0; i < profiles.Length; i++)
            {
                if (profiles[i].TryGetProperty(join.Property, out _))
                {
                    added[i].Add(join, keys[i] is { } key && rows.TryGetValue(key, out var row) ? row.RootElement : null);
                }
            }
        }
        finally
        {
            foreach (var row in rows.Values)
            {
                row.Dispose();
            }
        }
    }
}
