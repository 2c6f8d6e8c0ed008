using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Ingestion;

namespace Sluice.Commands.Import;

/// <summary>What was refused and why: counts and a few examples for the eye, all of it for a file.</summary>
internal sealed class RefusedReport : IAsyncDisposable
{
    private const int Shown = 5;
    private const int ShownBytes = 8 * 1024;

    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly List<string> _examples = [];
    private FileStream? _file;

    private RefusedReport(string path) => File = path;

    /// <summary>Where the refused records stand, when there are any.</summary>
    public string File { get; }

    public IReadOnlyDictionary<string, long> Reasons => _reasons;

    public IReadOnlyList<string> Examples => _examples;

    /// <param name="path">Null for a new file beside the store's data: nothing that was refused is thrown away.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static RefusedReport Open(string? path, string dataDirectory, DateTimeOffset now)
    {
        var report = new RefusedReport(path ?? Path.Combine(dataDirectory, "imports", $"refused-{now.UtcDateTime:yyyyMMdd-HHmmss}.ndjson"));
        if (path is not null)
        {
            // Told at once, and not after an hour's work.
            report.OpenFile();
        }

        return report;
    }

    /// <param name="record">The place of the record in its file, from 1.</param>
    public void Add(ImportSource source, long record, FailedRecord failed)
    {
        _reasons[failed.Message] = _reasons.GetValueOrDefault(failed.Message) + 1;
        if (_examples.Count < Shown)
        {
            _examples.Add($"{source.Name}, record {record}: {failed.Message}");
        }

        var file = _file ?? OpenFile();
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteString("file", source.Name);
        json.WriteNumber("record", record);
        json.WriteString("field", failed.Field);
        json.WriteString("message", failed.Message);
        json.WriteString("payload", Encoding.UTF8.GetString(failed.Payload.Span[..Math.Min(failed.Payload.Length, ShownBytes)]));
        json.WriteEndObject();
        json.Flush();
        file.WriteByte((byte)'\n');
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>What an interrupted run has written stays: the next one goes on behind it, in the file of events and in this one.</summary>
    private FileStream OpenFile()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(File))!);
            return _file = new FileStream(File, FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"{File} cannot be written: {e.Message}");
        }
    }
}
