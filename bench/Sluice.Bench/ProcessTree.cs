using System.Globalization;

namespace Sluice.Bench;

/// <summary>The most memory that a process and all that it started have held, each at its own peak; looked at again and again until it ends.</summary>
internal sealed class ProcessTree(int root)
{
    private readonly Dictionary<int, long> _peaks = [];

    public long PeakBytes => _peaks.Values.Sum();

    /// <summary>Looks once. A peak only grows, so that the last look before the end is enough for each process.</summary>
    public void Look()
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => (Id: int.Parse(name!, CultureInfo.InvariantCulture), Status: Read($"/proc/{name}/status")))
            .Where(process => process.Status.Length > 0)
            .ToDictionary(process => process.Id, process => (Parent: (int)Value(process.Status, "PPid:"), Peak: Value(process.Status, "VmHWM:") * 1024));
        foreach (var (id, process) in parents)
        {
            for (var ancestor = id; ancestor > 1; ancestor = parents.TryGetValue(ancestor, out var next) ? next.Parent : 0)
            {
                if (ancestor == root)
                {
                    _peaks[id] = Math.Max(_peaks.GetValueOrDefault(id), process.Peak);
                    break;
                }
            }
        }
    }

    private static string[] Read(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
            return [];
        }
    }

    // A process that is about to end has no memory any more.
    private static long Value(string[] status, string name) => status.Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture)).FirstOrDefault();
}
