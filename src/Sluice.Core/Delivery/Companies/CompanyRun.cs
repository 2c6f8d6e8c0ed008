using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Delivery.Companies;

/// <summary>Counts a burst of work on companies, and tells how many wait and for what.</summary>
internal sealed class CompanyRun(DeliveryScope scope, Lease lease, ICompanies companies, TimeProvider time)
{
    public const string Kind = "companies";

    private RunTally? _tally;
    private string? _told;

    /// <summary>What nothing goes out for now; null when all goes on.</summary>
    public string? Waits { get; set; }

    /// <summary>Mapped attributes that the destination does not have.</summary>
    public IReadOnlyList<string> Missing { get; set; } = [];

    public void Count(string name)
    {
        Tally.Calls++;
        Tally.Count(name);
    }

    /// <summary>Nothing goes out for now.</summary>
    public void Wait(Decision decision) => Waits = $"{decision.Reason}: {decision.Detail}";

    public void Refused() => Tally.Refused++;

    public async Task SaveAsync(bool ended, CancellationToken cancellationToken)
    {
        if ((_tally is null && Waits is null) || (!ended && Waits is not null && Waits == _told))
        {
            return;
        }

        Tally.Set("waiting", await companies.CountAsync(scope, cancellationToken));
        var notes = new[] { Waits, Missing.Count == 0 ? null : $"no such company attribute: {string.Join(", ", Missing)}" }.OfType<string>().ToList();
        await companies.CommitAsync(
            scope, lease, null, Tally.AsRun(ended ? "done" : "running", ended ? time.GetUtcNow() : null, notes.Count == 0 ? null : string.Join("; ", notes)), cancellationToken);
        _told = Waits;
        _tally = ended ? null : _tally;
    }

    private RunTally Tally => _tally ??= new RunTally(Guid.CreateVersion7(time.GetUtcNow()).ToString("n"), null, Kind, time.GetUtcNow());
}
