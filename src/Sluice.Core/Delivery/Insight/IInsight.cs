using Sluice.Core.People;

namespace Sluice.Core.Delivery.Insight;

/// <summary>
/// What people ask of deliveries from outside the worker: reads that spend no call and change nothing, and the one request that
/// a worker follows. It works beside a running server.
/// </summary>
public interface IInsight
{
    /// <summary>The destination and its lists as the worker last wrote them; null before its first step.</summary>
    Task<DestinationState?> DestinationAsync(string project, string destination, CancellationToken cancellationToken);

    /// <summary>Which cohort the keys of the config's lists have found so far. Unlike the worker's own look it finds nothing new.</summary>
    Task<IReadOnlyDictionary<string, string>> SourcesAsync(string project, string destination, CancellationToken cancellationToken);

    /// <summary>Who holds a lease now; null when it is free.</summary>
    Task<string?> HolderAsync(string lease, CancellationToken cancellationToken);

    /// <summary>
    /// Has a list walked over again by whoever does the account's work. The lease is taken from its holder, who then begins anew with
    /// what is written here: a worker remembers the state of its lists while it holds the lease, and would write it back.
    /// </summary>
    /// <param name="lease">The lease of the account.</param>
    /// <param name="allowRemovals">How long removals of any number are allowed from now on; null leaves it as it is.</param>
    Task RequestWalkAsync(DeliveryScope scope, long list, string lease, TimeSpan? allowRemovals, CancellationToken cancellationToken);

    /// <summary>How many people of a cohort are in a list: those whom Sluice put there, and those who were there before.</summary>
    Task<long> CountInListAsync(DeliveryScope scope, long list, string cohort, CancellationToken cancellationToken);

    /// <summary>How many records of a cohort were refused on their way in and wait for a person.</summary>
    Task<long> CountRefusedAsync(string project, string cohort, CancellationToken cancellationToken);

    /// <summary>The same, one by one.</summary>
    Task<IReadOnlyList<DeadLetter>> RefusedAsync(string project, string cohort, int limit, CancellationToken cancellationToken);

    /// <summary>Of some people, those whose e-mail address others have too, with the first few who have it.</summary>
    Task<IReadOnlyList<SharedAddress>> SharedAddressesAsync(string project, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken);

    Task<Run?> FindRunAsync(string project, string run, CancellationToken cancellationToken);

    /// <summary>Everything that stands against writing to a person, whether it is about the person, the address or the number.</summary>
    Task<IReadOnlyList<SuppressionEntry>> SuppressionsOfAsync(string project, PersonKey person, CancellationToken cancellationToken);

    /// <summary>The dead letters of a person, newest first.</summary>
    Task<IReadOnlyList<DeadLetter>> LettersOfAsync(string project, PersonKey person, CancellationToken cancellationToken);
}

/// <param name="Holders">Those who have the address, the first seen first, the person among them; a few are enough to tell who gets it.</param>
public sealed record SharedAddress(PersonKey Person, IReadOnlyList<PersonKey> Holders);
