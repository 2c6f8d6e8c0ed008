using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>
/// What one profile becomes: a state and a value for every attribute of a plan. Used again for the next profile, so that a million of them
/// need no more memory than one; strings are made only for the values that are sent. Not for use by several threads at once.
/// </summary>
public sealed class AttributePayload
{
    private const byte HashVersion = 1;
    private const byte OptionSeparator = 0;

    private readonly AttributePlan _plan;
    private readonly Slot[] _slots;
    private readonly List<AttributeProblem> _problems = [];
    private byte[] _bytes = new byte[512];
    private byte[] _scratch = new byte[256];
    private char[] _characters = new char[256];
    private byte[] _nameScratch = [];
    private int _length;

    /// <summary>Makes an empty payload.</summary>
    /// <param name="plan">The plan whose attributes it holds.</param>
    public AttributePayload(AttributePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _slots = new Slot[plan.Columns.Count];
    }

    /// <summary>The values that do not fit, in the order of the profile. Overwritten by the next profile.</summary>
    public IReadOnlyList<AttributeProblem> Problems => _problems;

    /// <summary>
    /// Whether every value can stand in a cell. The cell of a multiple-choice attribute separates options with commas, so an option with a
    /// comma in it can only be sent as JSON.
    /// </summary>
    public bool FitsCsv { get; private set; } = true;

    internal int Length => _length;

    internal ref byte[] NameScratch => ref _nameScratch;

    /// <summary>What the profile says of one attribute.</summary>
    /// <param name="column">Its place in <see cref="AttributePlan.Columns"/>.</param>
    /// <returns>The state.</returns>
    public AttributeState State(int column) => _slots[column].State;

    /// <summary>Whether sending this payload clears an attribute. An empty cell of an import clears nothing, so such a contact is sent
    /// singly or as JSON.</summary>
    /// <param name="scope">Which attributes are cleared.</param>
    /// <returns>True when there is one.</returns>
    public bool Clears(ClearScope scope)
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (IsCleared(i, scope))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The attributes that sending this payload clears.</summary>
    /// <param name="scope">Which attributes are cleared.</param>
    /// <returns>Their names.</returns>
    public IReadOnlyList<string> ClearedNames(ClearScope scope) =>
        [.. Enumerable.Range(0, _slots.Length).Where(i => IsCleared(i, scope)).Select(i => _plan.Columns[i].Name)];

    /// <summary>The hash of the payload: of all values, and of which attributes are empty or refused.</summary>
    /// <returns>The hash.</returns>
    public PayloadHash ComputeHash()
    {
        const int FixedBytes = 3 + sizeof(int);
        var size = 1;
        for (var i = 0; i < _slots.Length; i++)
        {
            size += FixedBytes + _plan.Column(i).Name.Length + _slots[i].Length;
        }

        var canonical = Scratch(size);
        canonical[0] = HashVersion;
        var at = 1;
        for (var i = 0; i < _slots.Length; i++)
        {
            ref readonly var slot = ref _slots[i];
            if (slot.State == AttributeState.Missing)
            {
                continue;
            }

            var column = _plan.Column(i);
            column.Name.CopyTo(canonical[at..]);
            at += column.Name.Length;
            canonical[at++] = 0;
            canonical[at++] = (byte)column.Attribute.Kind;
            canonical[at++] = (byte)slot.State;
            BinaryPrimitives.WriteInt32LittleEndian(canonical[at..], slot.Length);
            at += sizeof(int);
            Bytes(slot).CopyTo(canonical[at..]);
            at += slot.Length;
        }

        return PayloadHash.Of(canonical[..at]);
    }

    /// <summary>The payload for a single contact or a row of JSON.</summary>
    /// <param name="clear">Which attributes without a value are cleared.</param>
    /// <returns>Values by name.</returns>
    public BrevoAttributes ToAttributes(ClearScope clear)
    {
        var attributes = new BrevoAttributes();
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].State == AttributeState.Value)
            {
                attributes.Add(_plan.Columns[i].Name, ToValue(_plan.Columns[i].Kind, Bytes(_slots[i])));
            }
            else if (IsCleared(i, clear))
            {
                attributes.Add(_plan.Columns[i].Name, BrevoAttributeValue.Cleared);
            }
        }

        return attributes;
    }

    /// <summary>The payload as the cells of an import's row, without quotes around them. Null where there is no value.</summary>
    /// <param name="cells">Takes one cell for each of <see cref="AttributePlan.Columns"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="cells"/> is shorter than the columns.</exception>
    /// <exception cref="InvalidOperationException">A value does not fit a cell; see <see cref="FitsCsv"/>.</exception>
    public void WriteCells(Span<string?> cells)
    {
        if (cells.Length < _slots.Length)
        {
            throw new ArgumentException("There are fewer cells than columns.", nameof(cells));
        }

        if (!FitsCsv)
        {
            throw new InvalidOperationException("An option with a comma in it cannot stand in a cell.");
        }

        for (var i = 0; i < _slots.Length; i++)
        {
            cells[i] = _slots[i].State == AttributeState.Value ? ToCell(_plan.Columns[i].Kind, Bytes(_slots[i])) : null;
        }
    }

    internal void Clear()
    {
        _slots.AsSpan().Clear();
        _problems.Clear();
        _length = 0;
        FitsCsv = true;
    }

    /// <summary>Forgets what an earlier property of the same name said: in JSON the last one counts.</summary>
    internal void Reset(int column)
    {
        if (_slots[column].State != AttributeState.Missing)
        {
            ForgetProblems(_plan.Columns[column].Name);
            _slots[column] = default;
        }
    }

    internal void SetEmpty(int column) => _slots[column] = new Slot(AttributeState.Empty, 0, 0);

    /// <summary>Makes what was appended since <paramref name="start"/> the column's value.</summary>
    internal void SetValue(int column, int start) => _slots[column] = new Slot(AttributeState.Value, start, _length - start);

    internal void Refuse(int column, string reason)
    {
        SetRefused(column);
        AddProblem(column, reason);
    }

    internal void SetRefused(int column) => _slots[column] = new Slot(AttributeState.Refused, 0, 0);

    internal void AddProblem(int column, string reason) =>
        _problems.Add(new AttributeProblem(_plan.Columns[column].Name, _plan.Columns[column].Property, reason));

    internal Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _length < size)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        }

        return _bytes.AsSpan(_length);
    }

    internal void Advance(int size) => _length += size;

    internal void Truncate(int length) => _length = length;

    internal void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        _length += text.Length;
    }

    internal void AppendOption(ReadOnlySpan<char> option, bool isFirst)
    {
        if (!isFirst)
        {
            Append([OptionSeparator]);
        }

        FitsCsv &= !option.Contains(',');
        Append(option);
    }

    internal void Append(ReadOnlySpan<char> text)
    {
        var target = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, target);
    }

    internal Span<byte> Scratch(int size)
    {
        if (_scratch.Length < size)
        {
            _scratch = new byte[Math.Max(size, _scratch.Length * 2)];
        }

        return _scratch;
    }

    internal ReadOnlySpan<char> ToCharacters(ReadOnlySpan<byte> text)
    {
        if (_characters.Length < text.Length)
        {
            _characters = new char[Math.Max(text.Length, _characters.Length * 2)];
        }

        return _characters.AsSpan(0, Encoding.UTF8.GetChars(text, _characters));
    }

    private static BrevoAttributeValue ToValue(AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Number => decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var exact)
            ? BrevoAttributeValue.Number(exact)
            : BrevoAttributeValue.Number(double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture)),
        AttributeKind.Boolean => BrevoAttributeValue.Boolean(value.SequenceEqual("true"u8)),
        AttributeKind.Category => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? BrevoAttributeValue.Number(number)
            : BrevoAttributeValue.Text(Encoding.UTF8.GetString(value)),
        AttributeKind.MultipleChoice => BrevoAttributeValue.Options(Encoding.UTF8.GetString(value).Split((char)OptionSeparator)),
        _ => BrevoAttributeValue.Text(Encoding.UTF8.GetString(value)),
    };

    private static string ToCell(AttributeKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        AttributeKind.Boolean => value.SequenceEqual("true"u8) ? "true" : "false",
        AttributeKind.MultipleChoice => Encoding.UTF8.GetString(value).Replace((char)OptionSeparator, ','),
        _ => Encoding.UTF8.GetString(value),
    };

    // A method of its own: what the condition captures is allocated on entry.
    private void ForgetProblems(string attribute) => _problems.RemoveAll(problem => problem.Attribute == attribute);

    private bool IsCleared(int column, ClearScope scope) => _slots[column].State switch
    {
        AttributeState.Empty => scope != ClearScope.None,
        AttributeState.Missing => scope == ClearScope.EmptiedAndMissing,
        _ => false,
    };

    private ReadOnlySpan<byte> Bytes(in Slot slot) => _bytes.AsSpan(slot.Start, slot.Length);

    private readonly record struct Slot(AttributeState State, int Start, int Length);
}
