using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Ingestion;

namespace Sluice.Commands.Import;

/// <summary>What was refused and why: counts and a few examples for the eye, all of it for a file.</summary>
internal sealed class RefusedReport : IAsyncDisposable
{
    private const int Shown = 5;
    private const int ShownBytes = 8 * 1024;

    private readonly FileStream? _file;
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly List<string> _examples = [];

    private RefusedReport(FileStream? file) => _file = file;

    public IReadOnlyDictionary<string, long> Reasons => _reasons;

    public IReadOnlyList<string> Examples => _examples;

    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static RefusedReport Open(string? path)
    {
        try
        {
            return new RefusedReport(path is null ? null : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"{path} cannot be written: {e.Message}");
        }
    }

    /// <param name="record">The place of the record in its file, from 1.</param>
    public void Add(ImportSource source, long record, FailedRecord failed)
    {
        _reasons[failed.Message] = _reasons.GetValueOrDefault(failed.Message) + 1;
        if (_examples.Count < Shown)
        {
            _examples.Add($"{source.Name}, record {record}: {failed.Message}");
        }

        if (_file is null)
        {
            return;
        }

        using var json = new Utf8JsonWriter(_file);
        json.WriteStartObject();
        json.WriteString("file", source.Name);
        json.WriteNumber("record", record);
        json.WriteString("field", failed.Field);
        json.WriteString("message", failed.Message);
        json.WriteString("payload", Encoding.UTF8.GetString(failed.Payload.Span[..Math.Min(failed.Payload.Length, ShownBytes)]));
        json.WriteEndObject();
        json.Flush();
        _file.WriteByte((byte)'\n');
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;
}
