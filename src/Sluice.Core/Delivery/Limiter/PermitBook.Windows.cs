using System.Diagnostics.CodeAnalysis;

namespace Sluice.Core.Delivery.Limiter;

/// <content>What is published about the windows, and what becomes of the calls when that changes.</content>
public sealed partial class PermitBook
{
    /// <summary>Takes over other published windows, after an update of the program. Nothing that occupies a window is forgotten.</summary>
    /// <param name="windows">The published windows, at least one, each length once.</param>
    /// <param name="now">The time of the shared clock.</param>
    /// <remarks>
    /// A window of the same length keeps its calls, and the limit that the remote proved unless the published one changed. A new length
    /// takes its calls from the next longer window; when there is none, what was called before is not known, and the window begins full.
    /// </remarks>
    /// <exception cref="ArgumentException">There is no window, or one length appears twice.</exception>
    public void Publish(IReadOnlyList<BudgetWindow> windows, DateTimeOffset now)
    {
        Check(windows);
        Advance(Micros.Floor(now));
        var next = new List<WindowTally>(windows.Count);
        var origin = new int[windows.Count];
        for (var i = 0; i < windows.Count; i++)
        {
            var length = Micros.Ceiling(windows[i].Length);
            origin[i] = _windows.FindIndex(window => window.Length == length && window.PublishedLimit == windows[i].Limit);
            next.Add(origin[i] >= 0 ? _windows[origin[i]] : Derive(windows[i].Limit, length));
        }

        for (var i = 0; i < _inFlight.Count; i++)
        {
            var before = _inFlight[i].UsedBefore;
            _inFlight[i] = _inFlight[i] with { UsedBefore = Array.ConvertAll(origin, from => from >= 0 ? before[from] : int.MaxValue) };
        }

        _windows.Clear();
        _windows.AddRange(next);
    }

    private static void Check([NotNull] IReadOnlyList<BudgetWindow>? windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        if (windows.Count == 0 || windows.Any(window => window.Limit < 1))
        {
            throw new ArgumentException("A budget has at least one window, each with a limit.", nameof(windows));
        }

        if (windows.Select(window => Micros.Ceiling(window.Length)).Distinct().Count() != windows.Count)
        {
            throw new ArgumentException("A budget has each length of window once.", nameof(windows));
        }
    }

    private WindowTally Derive(int limit, long length)
    {
        var tally = new WindowTally(limit, limit, length);
        var source = _windows.Where(window => window.Length >= length).MinBy(window => window.Length);
        if (source is null)
        {
            tally.Add(_now, limit);
        }
        else
        {
            tally.CopyFrom(source);
            tally.Forget(_now);
        }

        return tally;
    }
}
