using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>Reads the operations of one update. It is used for all updates of a body.</summary>
internal sealed class OperationReader(IngestionLimits limits, bool ofGroups, TextPool pool, ByteArena arena)
{
    private readonly PropertyTable _properties = new();
    private readonly ValueWriter _values = new(limits);
    private readonly List<PropertyOperation> _operations = [];

    /// <summary>How many names and texts of the update were cut.</summary>
    public int Cut => _values.Cut;

    /// <summary>Reads all operations in the order in which they are applied.</summary>
    public RecordProblem? Read(ReadOnlySpan<byte> json, UpdateFields fields, out PropertyOperation[] operations)
    {
        operations = [];
        _operations.Clear();
        _values.Cut = 0;
        var any = false;
        for (var key = UpdateKey.Set; key <= UpdateKey.Delete; key++)
        {
            var value = fields[key].Of(json);
            if (value.IsEmpty)
            {
                continue;
            }

            any = true;
            if (ReadOperation(key, value) is { } problem)
            {
                return problem;
            }

            if (_operations.Count > limits.MaxProperties)
            {
                return new RecordProblem(UpdateKeys.Names[(int)key], RecordProblems.TooManyProperties(limits.MaxProperties));
            }
        }

        operations = [.. _operations];
        return any ? null : new RecordProblem("", "the update must hold an operation like '$set'");
    }

    private RecordProblem? ReadOperation(UpdateKey key, ReadOnlySpan<byte> value)
    {
        var field = UpdateKeys.Names[(int)key];
        switch (key)
        {
            case UpdateKey.Add or UpdateKey.Append when ofGroups:
                return RecordProblem.Invalid(field, "groups do not know this operation");
            case UpdateKey.Delete:
                // Whatever the value is.
                _operations.Add(new PropertyOperation(PropertyOperationKind.Delete, "", null, 0, 0));
                return null;
            case UpdateKey.Unset:
                return ReadNames(value);
            case var _ when value[0] != '{':
                return RecordProblem.Invalid(field, "must be an object");
            default:
                return ReadProperties(key, value);
        }
    }

    private RecordProblem? ReadProperties(UpdateKey key, ReadOnlySpan<byte> json)
    {
        _properties.Clear();
        for (var at = 1; json[at] == '"';)
        {
            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            var start = name.End + 2;
            var end = CompactJson.ValueEnd(json, start);
            if (!_properties.Set(json, Kept(json, name), new Slice(start, end - start), limits.MaxProperties))
            {
                return new RecordProblem(UpdateKeys.Names[(int)key], RecordProblems.TooManyProperties(limits.MaxProperties));
            }

            at = end + (json[end] == ',' ? 1 : 0);
        }

        for (var i = 0; i < _properties.Count; i++)
        {
            var name = pool.Get(_properties.Name(i).Of(json));
            if (ReadValue(key, name, _properties.Value(i).Of(json)) is { } problem)
            {
                return RecordProblem.Invalid($"{UpdateKeys.Names[(int)key]}.{name}", problem);
            }
        }

        return null;
    }

    private Slice Kept(ReadOnlySpan<byte> json, Slice name)
    {
        var kept = ValueWriter.KeptLength(name.Of(json), limits.MaxNameCharacters);
        _values.Cut += kept < name.Length ? 1 : 0;
        return name with { Length = kept };
    }

    /// <summary>Takes one property of an operation.</summary>
    /// <returns>What is wrong with its value, or null.</returns>
    private string? ReadValue(UpdateKey key, string name, ReadOnlySpan<byte> value)
    {
        if (key == UpdateKey.Add && !CompactJson.IsNumber(value))
        {
            return "must be a number";
        }

        if (key == UpdateKey.Union && (value[0] is (byte)'{' or (byte)'n'))
        {
            return "must be a list";
        }

        // One value to be united with a list is a list of one.
        var isAlone = key == UpdateKey.Union && value[0] != '[';
        var destination = arena.Reserve(value.Length + 2);
        var written = 0;
        if (isAlone)
        {
            destination[written++] = (byte)'[';
        }

        var problem = _values.Write(value, destination, ref written);
        if (isAlone)
        {
            destination[written++] = (byte)']';
        }

        var start = arena.Commit(written);
        _operations.Add(new PropertyOperation((PropertyOperationKind)key, name, arena, start, written));
        return problem;
    }

    /// <summary>The names of properties to be deleted: a list, or one by itself.</summary>
    private RecordProblem? ReadNames(ReadOnlySpan<byte> json)
    {
        var isList = json[0] == '[';
        for (var at = isList ? 1 : 0; at < json.Length && json[at] != ']';)
        {
            if (json[at] != '"')
            {
                return RecordProblem.Invalid("$unset", "must be a list of names");
            }

            var name = new Slice(at + 1, CompactJson.TextLength(json, at + 1));
            _operations.Add(new PropertyOperation(PropertyOperationKind.Unset, pool.Get(Kept(json, name).Of(json)), null, 0, 0));
            if (_operations.Count > limits.MaxProperties)
            {
                return new RecordProblem("$unset", RecordProblems.TooManyProperties(limits.MaxProperties));
            }

            at = name.End + 1;
            at += isList && json[at] == ',' ? 1 : 0;
        }

        return null;
    }
}
