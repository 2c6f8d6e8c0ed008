namespace Sluice.Storage.Delivery;

/// <summary>Finds the cohorts that keys of the config mean.</summary>
internal static class ListSources
{
    public static async Task<IReadOnlyDictionary<string, string>> FindAsync(
        Session session, string project, string destination, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", project), ("destination", destination)];
        var found = (await session.QueryAsync(
            "SELECT source, cohort FROM list_source WHERE project = @project AND destination = @destination",
            r => (r.GetString(0), r.GetString(1)), cancellationToken, where)).ToDictionary(s => s.Item1, s => s.Item2, StringComparer.Ordinal);
        var missing = keys.Where(k => !found.ContainsKey(k)).ToList();
        if (missing.Count == 0)
        {
            return found;
        }

        // Two cohorts may share a name: the one that has been there longest is meant.
        var cohorts = await session.QueryAsync(
            "SELECT cohort, name, slug FROM cohort WHERE project = @project ORDER BY created_at, cohort",
            r => (Cohort: r.GetString(0), Name: r.GetString(1), Slug: r.GetString(2)), cancellationToken, ("project", project));
        foreach (var key in missing)
        {
            var match = cohorts.Where(c => c.Cohort == key).Concat(cohorts.Where(c => c.Name == key)).Concat(cohorts.Where(c => c.Slug == key)).FirstOrDefault();
            if (match.Cohort is not null)
            {
                found[key] = match.Cohort;
                await session.ExecuteAsync(
                    """
                    INSERT INTO list_source (project, destination, source, cohort, found_at) VALUES (@project, @destination, @source, @cohort, @now)
                    ON CONFLICT (project, destination, source) DO NOTHING
                    """,
                    cancellationToken,
                    [.. where, ("source", key), ("cohort", match.Cohort), ("now", await session.Dialect.NowAsync(session, cancellationToken))]);
            }
        }

        return found;
    }
}
