using Sluice.Core.People;

namespace Sluice.Core.Delivery.Companies;

/// <summary>Finds the contacts that belong to a company.</summary>
internal sealed class CompanyMembers(DeliveryScope scope, ICompanyDestination destination, ILedger ledger)
{
    // One asks for the ids of contacts one by one, beside what people's own changes need.
    private const int AskedAtOnce = 100;

    /// <summary>The members who are contacts. Who must not be contacted is not linked either.</summary>
    /// <param name="found">Gets those whose ids were asked for, also when it does not come to the end.</param>
    /// <returns>Their ids; and whether nobody is left who may still become a contact.</returns>
    public async Task<(IReadOnlyList<long> Ids, bool AreAll)> FindAsync(
        CompanyState state, List<(PersonKey Person, long RemoteId)> found, CancellationToken cancellationToken)
    {
        var ids = new SortedSet<long>();
        var areAll = true;
        var asked = 0;
        var people = await ledger.LoadAsync(scope, state.Members, cancellationToken);
        foreach (var person in people.Where(p => p.SpokenForBy is null && p.Suppressed is null).DistinctBy(p => p.Key))
        {
            var id = person.Contact?.RemoteId;
            if (id is null && person is { Contact.State: LedgerState.Present, DistinctId: { } externalId } && asked++ < AskedAtOnce
                && await AskAsync(externalId, cancellationToken) is { } answer)
            {
                found.Add((person.Key, answer));
                id = answer;
            }

            areAll &= id is not null;
            if (id is { } known)
            {
                ids.Add(known);
            }
        }

        return ([.. ids], areAll);
    }

    private async Task<long?> AskAsync(string externalId, CancellationToken cancellationToken)
    {
        try
        {
            return await destination.FindContactAsync(externalId, cancellationToken);
        }
        catch (DeliveryException e) when (e.Decision.Kind == DecisionKind.DeadLetter)
        {
            // An id that cannot be asked for is that of one person, and says nothing about the company.
            return null;
        }
    }
}
