namespace Sluice.Core.Delivery.Worker;

/// <summary>Counts a run while it goes on.</summary>
public sealed class RunTally(string id, long? list, string kind, DateTimeOffset startedAt)
{
    private readonly Dictionary<string, long> _others = new(StringComparer.Ordinal);

    public string Id { get; } = id;

    public long? List { get; } = list;

    public int Calls { get; set; }

    public int Added { get; set; }

    public int Removed { get; set; }

    public int Updated { get; set; }

    public int Refused { get; set; }

    public bool DidSomething => Calls > 0 || Refused > 0;

    public void Count(string name, long by = 1) => _others[name] = _others.GetValueOrDefault(name) + by;

    public void Set(string name, long value) => _others[name] = value;

    public Run AsRun(string state, DateTimeOffset? endedAt, string? note = null)
    {
        var counts = new Dictionary<string, long>(_others, StringComparer.Ordinal)
        {
            ["calls"] = Calls, ["added"] = Added, ["removed"] = Removed, ["updated"] = Updated, ["refused"] = Refused,
        };
        return new Run(Id, List, kind, state, startedAt, endedAt, counts, note);
    }
}
