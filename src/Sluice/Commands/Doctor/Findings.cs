using Sluice.Core.Doctor;

namespace Sluice.Commands.Doctor;

/// <summary>What has been found so far. Checks run side by side.</summary>
internal sealed class Findings
{
    private readonly Lock _lock = new();
    private readonly List<Finding> _all = [];

    /// <summary>All of them, the worst first, in an order that does not depend on who was faster.</summary>
    public IReadOnlyList<Finding> All
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _all.OrderByDescending(f => f.Kind.Severity).ThenBy(f => f.Project ?? "", StringComparer.Ordinal).ThenBy(f => f.Kind.Code, StringComparer.Ordinal)
                        .ThenBy(f => f.Seen, StringComparer.Ordinal),
                ];
            }
        }
    }

    public void Add(FindingKind kind, string? project, string seen)
    {
        lock (_lock)
        {
            _all.Add(new Finding(kind, project, seen));
        }
    }
}
