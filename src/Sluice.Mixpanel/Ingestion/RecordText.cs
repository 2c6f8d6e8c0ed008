using System.Buffers;
using System.Text.Unicode;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>
/// The JSON of one record after another, without white space and with escapes in the one form, so that all that comes later
/// can compare and copy bytes.
/// </summary>
internal sealed class RecordText : IDisposable
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>Whether every name and text of the record can be stored.</summary>
    public bool IsStorable { get; private set; }

    public ReadOnlySpan<byte> Json => _bytes.AsSpan(0, _length);

    /// <summary>Takes a record, which must be valid JSON.</summary>
    /// <param name="raw">The bytes of the record.</param>
    /// <param name="isUtf8">Whether the whole body is known to be UTF-8.</param>
    public void Load(ReadOnlySpan<byte> raw, bool isUtf8)
    {
        if (_bytes.Length < raw.Length)
        {
            Dispose();
            _bytes = ArrayPool<byte>.Shared.Rent(raw.Length);
        }

        _length = default(JsonCompactor).Write(raw, _bytes);
        IsStorable = isUtf8 || Utf8.IsValid(Json);
        _length = JsonEscapes.Normalise(_bytes.AsSpan(0, _length), out var problem);
        IsStorable &= problem == EscapeProblem.None;
    }

    /// <summary>What keeps one piece of the record from being stored, or null.</summary>
    public static string? Problem(ReadOnlySpan<byte> piece)
    {
        if (!Utf8.IsValid(piece))
        {
            return RecordProblems.NotUtf8;
        }

        JsonEscapes.Normalise(piece.ToArray(), out var problem);
        return problem switch
        {
            EscapeProblem.None => null,
            EscapeProblem.NulCharacter => RecordProblems.Nul,
            _ => RecordProblems.NotUtf8,
        };
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _length = 0;
        }
    }
}
