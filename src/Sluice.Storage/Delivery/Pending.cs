namespace Sluice.Storage.Delivery;

/// <summary>Marks of people whom the destinations have to look at again: one mark a person, however many changes.</summary>
internal static class Pending
{
    /// <summary>
    /// Marks people (shard and person of the batch) for every destination of the project that has contacts; in one order, so that two nodes that mark
    /// the same people do not wait for each other.
    /// </summary>
    public static async Task MarkAsync(Session session, string project, Batch people, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            INSERT INTO pending (shard, project, destination, person, seq, job)
            SELECT b.shard, @project, d.destination, b.person, 1, NULL FROM {batch} JOIN destination d ON d.project = {project} AND d.has_contacts = 1 WHERE true
            ORDER BY d.destination, b.shard, b.person
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET seq = pending.seq + 1, job = NULL
            """,
            people, cancellationToken, ("project", project));
}
