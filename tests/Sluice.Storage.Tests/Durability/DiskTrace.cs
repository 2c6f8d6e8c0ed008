using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Storage.Tests.Durability;

/// <summary>
/// What a program asked of the disk and what it said, as strace saw it. Played back, it tells what the disk would hold if the power
/// went at the very moment of each answer: the bytes that a sync had covered by then, and no others.
/// </summary>
internal sealed partial class DiskTrace
{
    private readonly Dictionary<string, Disk> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _unfinished = new(StringComparer.Ordinal);

    /// <summary>The options with which strace writes what is read here.</summary>
    public static IReadOnlyList<string> Options(string output) =>
        ["-f", "-y", "-xx", "-s", "1048576", "-e", "trace=openat,pwrite64,pwritev,write,ftruncate,fsync,fdatasync", "-o", output];

    /// <summary>Plays the trace and hands over each answer with the files as they were safe at that moment.</summary>
    /// <param name="lines">The lines of the trace.</param>
    /// <param name="isOurs">Which files are looked at.</param>
    /// <param name="answer">How an answer begins; it is written with one call.</param>
    public IEnumerable<(string Said, IReadOnlyDictionary<string, byte[]> Files)> Play(IEnumerable<string> lines, Func<string, bool> isOurs, string answer)
    {
        foreach (var line in lines)
        {
            if (Whole(line) is not { } call || Call().Match(call) is not { Success: true } match || match.Groups["result"].Value.StartsWith('-'))
            {
                continue;
            }

            var (name, path) = (match.Groups["name"].Value, Name(match.Groups["path"].Value));
            if (name == "openat")
            {
                var opened = Name(match.Groups["opened"].Value);
                if (isOurs(opened))
                {
                    _files.TryAdd(opened, new Disk());
                }
            }
            else if (name == "write" && !_files.ContainsKey(path))
            {
                var said = Encoding.ASCII.GetString(Bytes(match.Groups["data"].Value));
                if (said.StartsWith(answer, StringComparison.Ordinal))
                {
                    yield return (said.TrimEnd(), _files.Where(f => f.Value.Named).ToDictionary(f => f.Key, f => f.Value.Safe()));
                }
            }
            else if (name is "fsync" or "fdatasync" && _files.Keys.Any(f => Path.GetDirectoryName(f) == path))
            {
                foreach (var (_, file) in _files.Where(f => Path.GetDirectoryName(f.Key) == path))
                {
                    file.Named = true;
                }
            }
            else if (_files.TryGetValue(path, out var file))
            {
                Apply(file, name, match);
            }
        }
    }

    private static void Apply(Disk file, string name, Match match)
    {
        switch (name)
        {
            case "pwrite64":
                file.Write(long.Parse(match.Groups["offset"].Value, CultureInfo.InvariantCulture), Bytes(match.Groups["data"].Value));
                break;
            case "ftruncate":
                file.Truncate(long.Parse(match.Groups["length"].Value, CultureInfo.InvariantCulture));
                break;
            case "fsync" or "fdatasync":
                file.Sync();
                break;
            default:
                throw new NotSupportedException($"The store writes with {name}; the trace is not read to the letter any more.");
        }
    }

    /// <summary>
    /// A call that another thread's interrupted in the trace is put together again, and counts when it has ended. The thread that
    /// writes is also the one that syncs, so a sync never overtakes a write that it is to cover.
    /// </summary>
    private string? Whole(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (thread, rest) = (line[..space], line[space..].TrimStart());
        if (rest.EndsWith("<unfinished ...>", StringComparison.Ordinal))
        {
            _unfinished[thread] = rest[..^"<unfinished ...>".Length];
            return null;
        }

        if (Resumed().Match(rest) is { Success: true } resumed)
        {
            return _unfinished.Remove(thread, out var beginning) ? beginning + rest[resumed.Length..] : null;
        }

        return rest;
    }

    // Some versions of strace write the names of files in hexadecimal as well.
    private static string Name(string path) => path.StartsWith("\\x", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Bytes(path)) : path;

    private static byte[] Bytes(string escaped) => Convert.FromHexString(escaped.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex("""^<\.\.\. \w+ resumed>\s*""")]
    private static partial Regex Resumed();

    // pwrite64(65</data/x.db-wal>, "\x00…", 24, 32) = 24     openat(AT_FDCWD</home>, "…", O_RDWR, 0644) = 61</data/x.db>
    [GeneratedRegex(
        """^(?<name>\w+)\((?:\d+<(?<path>[^>]*)>|AT_FDCWD[^,]*)(?:, "(?<data>(?:\\x[0-9a-f]{2})*)"(?:, (?<count>\d+)(?:, (?<offset>\d+))?|, [^)]*))?(?:, (?<length>\d+))?\s*\)\s*= (?<result>-?\d+)(?:<(?<opened>[^>]*)>)?""")]
    private static partial Regex Call();

    /// <summary>One file: what is safe, and what a power cut would take.</summary>
    private sealed class Disk
    {
        private readonly List<Action> _unsafe = [];
        private byte[] _safe = [];

        /// <summary>The folder's entry is safe too.</summary>
        public bool Named { get; set; }

        public void Write(long offset, byte[] data) => _unsafe.Add(() =>
        {
            Array.Resize(ref _safe, Math.Max(_safe.Length, (int)offset + data.Length));
            data.CopyTo(_safe, offset);
        });

        public void Truncate(long length) => _unsafe.Add(() => Array.Resize(ref _safe, (int)length));

        public void Sync()
        {
            foreach (var change in _unsafe)
            {
                change();
            }

            _unsafe.Clear();
        }

        public byte[] Safe() => [.. _safe];
    }
}
