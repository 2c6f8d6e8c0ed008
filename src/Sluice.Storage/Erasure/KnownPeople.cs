using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>
/// Tells who is somebody of their own: known under their id, by a profile or by being joined. Such a person may well have an erased person's
/// address or number; under an id that nobody has heard of it is taken for the erased person's return.
/// </summary>
internal static class KnownPeople
{
    /// <summary>Those of some people who are not known.</summary>
    public static async Task<IReadOnlySet<PersonKey>> StrangersAsync(
        Session session, string project, IEnumerable<PersonKey> people, CancellationToken cancellationToken)
    {
        var strangers = people.ToHashSet();
        if (strangers.Count > 0)
        {
            strangers.ExceptWith(await session.QueryBatchAsync(
                """
                SELECT p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
                UNION
                SELECT i.person FROM {batch} JOIN identity i ON i.project = {project} AND i.shard = b.shard AND i.person = b.person
                """,
                Batch.Of(session.Dialect, [.. strangers]), r => r.Key(0), cancellationToken, ("project", project)));
        }

        return strangers;
    }
}
