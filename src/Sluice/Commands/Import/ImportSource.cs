using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Commands.Import;

/// <summary>A file to be imported, or standard input.</summary>
internal sealed class ImportSource
{
    public const string StandardInput = "-";

    private readonly FileInfo? _file;

    private ImportSource(FileInfo? file) => _file = file;

    public string Name => _file?.FullName ?? StandardInput;

    /// <summary>Bytes as they lie there; null where nobody can tell.</summary>
    public long? Length => _file?.Length;

    /// <summary>CSV is told by its name alone: a line of it could be anything.</summary>
    public bool IsCsv => Plain(Name).EndsWith(".csv", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Names this very content: the file's place, size and time. Null for standard input, which nobody can read again.
    /// </summary>
    public string? Identity => _file is null
        ? null
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            FormattableString.Invariant($"{_file.FullName}\0{_file.Length}\0{_file.LastWriteTimeUtc.Ticks}"))).AsSpan(0, 16));

    /// <exception cref="CommandException">One of them is not there.</exception>
    public static IReadOnlyList<ImportSource> Find(IEnumerable<string> names)
    {
        var sources = new List<ImportSource>();
        foreach (var name in names)
        {
            if (name == StandardInput)
            {
                sources.Add(new ImportSource(null));
            }
            else if (Directory.Exists(name))
            {
                sources.AddRange(new DirectoryInfo(name).EnumerateFiles("*", SearchOption.AllDirectories)
                    .OrderBy(f => f.FullName, StringComparer.Ordinal).Select(f => new ImportSource(f)));
            }
            else if (File.Exists(name))
            {
                sources.Add(new ImportSource(new FileInfo(name)));
            }
            else
            {
                throw new CommandException(ExitCode.NotFound, $"There is no file or folder {name}.");
            }
        }

        return sources;
    }

    /// <summary>Opens the content without its compression.</summary>
    /// <param name="read">Is told how many bytes have been read, as they lie there.</param>
    public Stream Open(Action<long> read)
    {
        var raw = new CountingStream(_file is null ? Console.OpenStandardInput() : new FileStream(
            _file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 20, FileOptions.SequentialScan), read);
        var buffered = new BufferedStream(raw, 1 << 20);

        // Told by the first two bytes and not by the name: standard input has none.
        var head = new PeekingStream(buffered);
        return head.StartsWithGzip() ? new GZipStream(head, CompressionMode.Decompress) : head;
    }

    private static string Plain(string name) => name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
}
