namespace Sluice.Brevo;

/// <summary>What became of adding contacts to a list or removing them from it.</summary>
/// <param name="Applied">Those for whom something changed, named as they were sent (ids as digits).</param>
/// <param name="NotApplied">
/// Those for whom nothing changed, named as they were sent: not in the account, or already in the list (when adding) or not in it (when
/// removing). Brevo does not tell which.
/// </param>
/// <param name="IsItemised">
/// False when Brevo answered success without saying for whom; both lists are empty then. True otherwise, also when nothing at all was
/// applied, which Brevo answers with an error
/// and the client does not.
/// </param>
public sealed record BrevoListChange(IReadOnlyList<string> Applied, IReadOnlyList<string> NotApplied, bool IsItemised)
{
    /// <summary>Names the counts, not the people.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"{Applied.Count} applied, {NotApplied.Count} not applied";

    internal static BrevoListChange From(ListChangeAnswer answer)
    {
        // A success with null for one of its lists is still a list of none.
        var outcome = answer.Contacts ?? answer;
        return new BrevoListChange(outcome.Success ?? [], outcome.Failure ?? [], outcome.Success is not null || outcome.Failure is not null);
    }

    internal static BrevoListChange Nothing(BrevoListMembers members) => new([], members.Names, IsItemised: true);
}
