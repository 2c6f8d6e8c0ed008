using Sluice.Core.Cohorts;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <summary>What a page writes: made ready before the transaction, so that the transaction is short.</summary>
/// <param name="Page">As it was received.</param>
/// <param name="Keys">Its members, but for those who were erased.</param>
/// <param name="Refused">What it refused, but for what names an erased person.</param>
/// <param name="Doubtful">Members with an erased person's address or number: it has to be asked whether they are known.</param>
internal sealed record PageRows(
    CohortPage Page, TombstoneSet Tombstones, PersonKey[] Keys, IReadOnlyList<RejectedMember> Refused, PersonKey[] Doubtful, Batch People, ProfileRows Profiles)
{
    public int Erased => Page.Members.Count - Keys.Length;

    public static PageRows Of(Dialect dialect, CohortPage page, TombstoneSet tombstones, IReadOnlySet<PersonKey>? strangers = null)
    {
        var (members, refused) = (page.Members, page.Rejected);
        PersonKey[] doubtful = [];
        if (!tombstones.IsEmpty)
        {
            members = [.. members.Where(m => !ErasureScreen.IsErased(tombstones, m))];
            refused = [.. refused.Where(r => !ErasedText.Mentions(tombstones, page.Project, r.Payload))];
            doubtful = [.. members.Where(m => ErasureScreen.HasAddress(tombstones, m)).Select(m => m.Key)];
            members = strangers is null || doubtful.Length == 0 ? members : Without(members, [.. doubtful.Where(strangers.Contains)]);
        }

        PersonKey[] people = [.. members.Select(m => m.Key)];
        return new PageRows(page, tombstones, people, refused, doubtful, Batch.Of(dialect, people), ProfileRows.Of(dialect, members));
    }

    private static CohortMember[] Without(IReadOnlyList<CohortMember> members, HashSet<PersonKey> people) => [.. members.Where(m => !people.Contains(m.Key))];

    public byte[] KeyBytes()
    {
        var bytes = new byte[Keys.Length * PersonKey.SizeBytes];
        for (var i = 0; i < Keys.Length; i++)
        {
            Keys[i].Write(bytes.AsSpan(i * PersonKey.SizeBytes));
        }

        return bytes;
    }
}
