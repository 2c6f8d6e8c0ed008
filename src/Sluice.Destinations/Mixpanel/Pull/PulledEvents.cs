using System.Buffers;
using System.Security.Cryptography;
using Sluice.Core.Events;
using Sluice.Core.Pull;
using Sluice.Mixpanel.Client;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;
using CoreMode = Sluice.Core.Identity.IdentityMode;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>Reads an export's records as what comes to <c>/import</c> is read, some at a time.</summary>
internal sealed class PulledEvents(PulledRecords records, CoreMode identity, TimeProvider time, ExportClock clock)
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    private readonly EventParser _parser = new(new EventParserOptions
    {
        Rules = EventRules.Import,
        Identity = identity switch
        {
            CoreMode.Simplified => IdentityMode.Simplified,
            CoreMode.Original => IdentityMode.Original,
            CoreMode.Legacy => IdentityMode.Legacy,
            _ => throw new ArgumentOutOfRangeException(nameof(identity), identity, "Unknown identity mode."),
        },
        RequiresInsertId = false,
        FailsOneByOne = true,
    });

    public async IAsyncEnumerable<SourceEvents> ReadAsync(IAsyncEnumerable<ExportBatch> export)
    {
        var chunk = new Chunk();
        await foreach (var batch in export)
        {
            if (batch.Damaged.Count > 0)
            {
                yield return new SourceEvents(records.Events([]), [.. batch.Damaged.Select(Damaged)], 0);
            }

            foreach (var record in batch.Records)
            {
                if (chunk.IsFull)
                {
                    using var full = Read(chunk, out var events);
                    yield return events;
                    chunk.Clear();
                }

                chunk.Add(record.Span);
            }
        }

        if (chunk.Count > 0)
        {
            using var rest = Read(chunk, out var events);
            yield return events;
        }
    }

    private RefusedRecord Damaged(ReadOnlyMemory<byte> line, int index) => records.Refused(
        new FailedRecord { Index = index, Field = "", Message = "A line of the export is no record", Payload = line });

    private Sluice.Mixpanel.Ingestion.Events.EventBatch Read(Chunk chunk, out SourceEvents events)
    {
        if (!_parser.TryParse(chunk.Body, clock.Shown(time.GetUtcNow()), out var batch, out var failure))
        {
            throw new MixpanelSourceException($"The export cannot be read: {failure.Message}") { Problem = SourceProblem.BadQuestion };
        }

        // The id at Mixpanel is that of the person by now, and not always the one that the event was sent with: a copy is known without it.
        var mapped = records.Events(batch.Events);
        var known = mapped.Events.Zip(
            batch.Events, (e, sent) => e with { InsertId = e.InsertId ?? chunk.IdOf(sent.Index), Time = clock.ToUtc(e.Time) }).ToArray();
        events = new SourceEvents(
            mapped with { Origin = Origin.Pulled, Events = known, IsKnownByInsertId = true }, [.. batch.Failed.Select(records.Refused)], batch.Ignored);
        return batch;
    }

    /// <summary>Some records, one a line.</summary>
    private sealed class Chunk
    {
        private readonly ArrayBufferWriter<byte> _body = new(256 * 1024);
        private readonly List<Range> _lines = [];

        public int Count => _lines.Count;

        public bool IsFull => _lines.Count == IngestionLimits.Events.MaxRecords || _body.WrittenCount >= ChunkBytes;

        public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

        public void Add(ReadOnlySpan<byte> record)
        {
            var start = _body.WrittenCount;
            _body.Write(record);
            _lines.Add(start.._body.WrittenCount);
            _body.Write("\n"u8);
        }

        /// <summary>For an event that has no insert id: what it says, so that fetched again it is the same event.</summary>
        public string IdOf(int line) => $"pull-{Convert.ToHexStringLower(SHA256.HashData(_body.WrittenSpan[_lines[line]])[..15])}";

        public void Clear()
        {
            _body.ResetWrittenCount();
            _lines.Clear();
        }
    }
}
