using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.People;

namespace Sluice.Storage.Delivery;

/// <summary>Which people were mapped with the profile of which group.</summary>
internal static class GroupLinks
{
    /// <summary>What has to be written so that the store knows the groups of these people; nothing as a rule.</summary>
    public static async Task<LinkChanges> CompareAsync(
        Session session, DeliveryScope scope, IReadOnlyList<PersonState> people, CancellationToken cancellationToken)
    {
        var keys = people.Select(p => p.Key).Distinct().ToArray();
        var stored = (await session.QueryBatchAsync(
            """
            SELECT m.person, m.group_key, m.member_of FROM {batch} JOIN group_member m
            ON m.project = {project} AND m.destination = {destination} AND m.shard = b.shard AND m.person = b.person
            """,
            Batch.Of(session.Dialect, keys), r => new Link(r.Key(0), r.GetString(1), r.Key(2)), cancellationToken,
            ("project", scope.Project), ("destination", scope.Destination))).ToHashSet();
        var wanted = people.SelectMany(p => p.Links.Select(l => new Link(p.Key, l.GroupKey, GroupProfiles.KeyOf(scope.Project, l.GroupId)))).ToHashSet();
        return new LinkChanges([.. wanted.Except(stored)], [.. stored.Except(wanted)]);
    }

    public static async Task WriteAsync(Session session, DeliveryScope scope, LinkChanges changes, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", scope.Project), ("destination", scope.Destination)];
        await session.ExecuteBatchAsync(
            """
            INSERT INTO group_member (shard, project, destination, person, group_key, member_of)
            SELECT b.shard, @project, @destination, b.person, b.group_key, b.member_of FROM {batch} WHERE true
            ON CONFLICT (project, destination, shard, person, group_key, member_of) DO NOTHING
            """,
            Rows(session.Dialect, changes.New), cancellationToken, key);
        await session.ExecuteBatchAsync(
            """
            DELETE FROM group_member WHERE (project, destination, shard, person, group_key, member_of) IN (
                SELECT {project}, {destination}, b.shard, b.person, b.group_key, b.member_of FROM {batch})
            """,
            Rows(session.Dialect, changes.Gone), cancellationToken, key);
    }

    private static Batch Rows(Dialect dialect, IReadOnlyList<Link> links) => Batch.Of(dialect, [.. links.Select(l => l.Person)])
        .Add("group_key", ColumnType.Text, links.Select(l => l.GroupKey).ToArray())
        .Add("member_of", ColumnType.Bytes, links.Select(l => l.Group.ToBytes()).ToArray());

    internal readonly record struct Link(PersonKey Person, string GroupKey, PersonKey Group);

    internal sealed record LinkChanges(IReadOnlyList<Link> New, IReadOnlyList<Link> Gone)
    {
        public bool IsEmpty => New.Count + Gone.Count == 0;
    }
}
