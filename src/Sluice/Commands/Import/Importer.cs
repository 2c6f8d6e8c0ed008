using System.Buffers;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Hosting;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Server.Ingestion;

namespace Sluice.Commands.Import;

/// <param name="Skipped">Records that an earlier run had done.</param>
internal sealed record ImportCounts(int Files, long Read, long Stored, long Duplicates, long Refused, long Ignored, long Skipped);

/// <summary>Reads files of events and stores them, some thousand at a time: reading goes on while the store writes.</summary>
internal sealed class Importer(ProjectSession session, RefusedReport report, ImportProgress progress, bool restart)
{
    private const int ChunkRecords = 2_000;
    private const int ChunkBytes = 4 << 20;
    private const int InFlight = 3;
    private const int BusyAttempts = 60;
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1);

    private readonly Project _project = new(session.Project, "", session.Configured.Mixpanel?.ProjectId, session.Configured.TimeZone)
    {
        Identity = session.Configured.Mixpanel?.Identity ?? default,
        IsForwarded = Forwarding.ScopeOf(session.Configured).Received,
    };

    private long _read;
    private long _stored;
    private long _duplicates;
    private long _refused;
    private long _ignored;
    private long _skipped;

    public async Task<ImportCounts> RunAsync(IReadOnlyList<ImportSource> sources, IProgress<double>? shown, CancellationToken cancellationToken)
    {
        var total = sources.Sum(s => s.Length ?? 0);
        var before = 0L;
        foreach (var source in sources)
        {
            await RunAsync(source, bytes => shown?.Report(total == 0 ? 0 : Math.Min(1, (double)(before + bytes) / total)), cancellationToken);
            before += source.Length ?? 0;
        }

        return new ImportCounts(sources.Count, _read, _stored, _duplicates, _refused, _ignored, _skipped);
    }

    private async Task RunAsync(ImportSource source, Action<long> read, CancellationToken cancellationToken)
    {
        var done = restart ? 0 : await progress.DoneAsync(source, cancellationToken);
        var parser = new EventParser(new EventParserOptions { Identity = EventMap.Map(_project.Identity), FailsOneByOne = true });
        var writing = new Queue<(Task Work, long End)>();
        try
        {
            await RunAsync(source, parser, done, writing, read, cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or CsvHelper.CsvFormatException)
        {
            throw new CommandException(ExitCode.Failed, $"{source.Name} cannot be read to its end: {e.Message} What came before is stored; mend the file and run the command again.");
        }
        finally
        {
            // Nothing writes to the store any more when it is closed.
            await Task.WhenAll(writing.Select(w => w.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync(
        ImportSource source, EventParser parser, long done, Queue<(Task Work, long End)> writing, Action<long> read, CancellationToken cancellationToken)
    {
        using var records = source.IsCsv ? Records.Csv(source.Open(read), source.Name) : Records.Json(source.Open(read));
        _skipped += records.Skip(done);
        var at = done;
        while (records.Fill(ChunkRecords, ChunkBytes) is { Count: > 0 } chunk)
        {
            writing.Enqueue((StoreAsync(source, parser, chunk, at, cancellationToken), at += chunk.Count));
            if (writing.Count >= InFlight)
            {
                await ConcludeAsync(source, writing, cancellationToken);
            }
        }

        while (writing.Count > 0)
        {
            await ConcludeAsync(source, writing, cancellationToken);
        }
    }

    /// <summary>In the order of the file: what is noted as done is all that comes before it, too.</summary>
    private async Task ConcludeAsync(ImportSource source, Queue<(Task Work, long End)> writing, CancellationToken cancellationToken)
    {
        var (work, end) = writing.Peek();
        await work;
        writing.Dequeue();
        await progress.PutAsync(source, end, cancellationToken);
    }

    private async Task StoreAsync(ImportSource source, EventParser parser, Chunk chunk, long first, CancellationToken cancellationToken)
    {
        if (!parser.TryParse(chunk.Body, session.Host.Time.GetUtcNow(), out var batch, out var failure))
        {
            throw new CommandException(ExitCode.Failed, $"{source.Name}, records {first + 1} to {first + chunk.Count}: {failure.Message}");
        }

        using (batch)
        {
            var outcome = batch.Events.Count == 0 ? null : await AppendAsync(EventMap.Map(_project, batch.Events), cancellationToken);
            lock (report)
            {
                foreach (var failed in batch.Failed)
                {
                    report.Add(source, first + failed.Index + 1, failed);
                }

                _read += chunk.Count;
                _stored += outcome?.Stored ?? 0;
                _duplicates += outcome?.Duplicates ?? 0;
                _refused += batch.Failed.Count;
                _ignored += batch.Ignored + (outcome?.Erased.Count ?? 0);
            }
        }
    }

    private async Task<EventAppendOutcome> AppendAsync(Core.Events.EventBatch batch, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await session.Store.Events.AppendAsync(batch, cancellationToken);
            }
            catch (IntakeBusyException) when (attempt < BusyAttempts)
            {
                // A server that works on the same store comes first.
                await Task.Delay(BusyPause, session.Host.Time, cancellationToken);
            }
        }
    }
}

/// <summary>Some records, one a line.</summary>
internal sealed record Chunk(ReadOnlyMemory<byte> Body, int Count);

/// <summary>The records of a file, whichever way they are written in it.</summary>
internal sealed class Records : IDisposable
{
    private readonly RecordReader? _json;
    private readonly CsvRecords? _csv;

    private Records(RecordReader? json, CsvRecords? csv)
    {
        _json = json;
        _csv = csv;
    }

    public static Records Json(Stream stream) => new(new RecordReader(stream, IngestionLimits.Events.MaxRecordBytes), null);

    public static Records Csv(Stream stream, string name) => new(null, new CsvRecords(stream, name));

    /// <returns>How many were there to be passed over.</returns>
    public long Skip(long count)
    {
        var skipped = 0L;
        while (skipped < count && !Next().IsEmpty)
        {
            skipped++;
        }

        return skipped;
    }

    public Chunk Fill(int records, int bytes)
    {
        var body = new ArrayBufferWriter<byte>(64 * 1024);
        var count = 0;
        while (count < records && body.WrittenCount < bytes)
        {
            var record = Next();
            if (record.IsEmpty)
            {
                break;
            }

            WriteLine(body, record);
            count++;
        }

        return new Chunk(body.WrittenMemory, count);
    }

    public void Dispose()
    {
        _json?.Dispose();
        _csv?.Dispose();
    }

    // What is too large is given cut, and so is refused like any record that is no JSON, in its place.
    private ReadOnlySpan<byte> Next() => _json is not null ? _json.Next(out _) : _csv!.Next();

    /// <summary>A record may be written over several lines; line ends outside of texts mean nothing in JSON.</summary>
    private static void WriteLine(ArrayBufferWriter<byte> body, ReadOnlySpan<byte> record)
    {
        var line = body.GetSpan(record.Length + 1)[..(record.Length + 1)];
        record.CopyTo(line);
        line[..^1].Replace((byte)'\n', (byte)' ');
        line[^1] = (byte)'\n';
        body.Advance(line.Length);
    }
}
