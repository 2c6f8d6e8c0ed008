using System.Text.Unicode;

namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>Turns the records of one body into updates and failures.</summary>
internal abstract class UpdateReader<TUpdate>
{
    private readonly IngestionLimits _limits;
    private readonly TextPool _pool = new();
    private readonly ByteArena _arena;
    private readonly OperationReader _operations;

    protected UpdateReader(IngestionLimits limits, bool ofGroups, ByteArena arena)
    {
        _limits = limits;
        _arena = arena;
        _operations = new OperationReader(limits, ofGroups, _pool, _arena);
        Fields = new UpdateFields(limits, _pool);
    }

    protected UpdateFields Fields { get; }

    /// <summary>Reads one body; the parser's one way in.</summary>
    public static UpdateBatch<TUpdate>? Read(
        ReadOnlyMemory<byte> body, IngestionLimits limits, Func<ByteArena, UpdateReader<TUpdate>> create, out BodyFailure? failure)
    {
        body = SurrogateMending.Mend(body);
        var records = new List<RecordPlace>();
        failure = RecordSplitter.Split(body.Span, limits.MaxRecords, records);
        return failure is null ? create(new ByteArena(body.Length)).Read(body, records) : null;
    }

    /// <summary>Makes an update of <see cref="Fields"/>, unless there is a problem.</summary>
    protected abstract TUpdate Build(int index, ReadOnlySpan<byte> json, PropertyOperation[] operations, ref RecordProblem? problem);

    private UpdateBatch<TUpdate> Read(ReadOnlyMemory<byte> body, List<RecordPlace> records)
    {
        using var text = new RecordText();
        var isUtf8 = Utf8.IsValid(body.Span);
        var updates = new List<TUpdate>(records.Count);
        var failed = new List<FailedRecord>();
        var truncated = 0;
        for (var i = 0; i < records.Count; i++)
        {
            var payload = body.Slice(records[i].Start, records[i].Length);
            var before = _arena.Length;
            var problem = Load(text, records[i], payload.Span, isUtf8);
            if (problem is null && Read(i, text.Json, ref problem) is { } update && problem is null)
            {
                updates.Add(update);
                truncated += _operations.Cut;
                continue;
            }

            _arena.Rewind(before);
            failed.Add(new FailedRecord
            {
                Index = i,
                Field = problem.GetValueOrDefault().Field,
                Message = problem.GetValueOrDefault().Message,
                Payload = payload,
            });
        }

        return new UpdateBatch<TUpdate>(_arena)
        {
            Updates = updates,
            Failed = failed,
            Received = records.Count,
            Truncated = truncated,
        };
    }

    private TUpdate Read(int index, ReadOnlySpan<byte> json, ref RecordProblem? problem)
    {
        Fields.Scan(json);
        var operationProblem = _operations.Read(json, Fields, out var operations);
        var update = Build(index, json, operations, ref problem);
        problem ??= operationProblem;
        return update;
    }

    private RecordProblem? Load(RecordText text, RecordPlace place, ReadOnlySpan<byte> raw, bool isUtf8)
    {
        if (!place.IsReadable)
        {
            return new RecordProblem("", RecordProblems.NotJson);
        }

        if (raw.Length > _limits.MaxRecordBytes)
        {
            return new RecordProblem("", RecordProblems.TooLarge(_limits.MaxRecordBytes));
        }

        text.Load(raw, isUtf8);
        if (text.Json[0] != '{')
        {
            return new RecordProblem("", RecordProblems.NotAnObject);
        }

        return text.IsStorable ? null : new RecordProblem("", RecordText.Problem(text.Json) ?? RecordProblems.NotUtf8);
    }
}
