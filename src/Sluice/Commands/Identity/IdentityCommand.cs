using System.CommandLine;
using Sluice.Commands.Output;
using Sluice.Core.Identity;

namespace Sluice.Commands.Identity;

/// <summary><c>sluice identity</c></summary>
internal static class IdentityCommand
{
    public static Command Create(CommandHost host) =>
        new("identity", "Who is who: which ids are one person, what said so, and how to take that back.") { IdentityShow.Create(host), IdentityUndo.Create(host) };

    public static PersonIdsAnswer Answer(PersonIds person) => new(person.Ids[0].DistinctId, [.. person.Ids.Select(i => i.DistinctId)]);

    public static ClaimAnswer Answer(IdentityRecord claim) =>
        new(claim.Claim, claim.Kind.ToString().ToLowerInvariant(), claim.Id, claim.Other, claim.State, claim.Reason, claim.At);
}
