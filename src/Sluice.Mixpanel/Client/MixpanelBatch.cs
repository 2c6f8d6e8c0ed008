using System.Buffers;

namespace Sluice.Mixpanel.Client;

/// <summary>Records that go out in one call: a JSON list, never longer or larger than Mixpanel takes.</summary>
public sealed class MixpanelBatch
{
    /// <summary>The most records of a call.</summary>
    public const int MaxCount = 2_000;

    /// <summary>The most bytes of a call, before compression. One page of Mixpanel's says 10 MB; a refusal of its servers names this.</summary>
    public const int MaxBytes = 2_097_152;

    private readonly ArrayBufferWriter<byte> _json = new(64 * 1024);

    /// <summary>Makes an empty one.</summary>
    public MixpanelBatch() => _json.Write("["u8);

    /// <summary>How many records are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a record.</summary>
    /// <param name="record">One JSON object in UTF-8.</param>
    /// <returns>False when it does not fit: nothing was added.</returns>
    public bool TryAppend(ReadOnlySpan<byte> record)
    {
        // One byte for the comma before the record or the bracket before the first, one for the bracket at the end.
        if (Count >= MaxCount || _json.WrittenCount + record.Length + 2 > MaxBytes)
        {
            return false;
        }

        if (Count > 0)
        {
            _json.Write(","u8);
        }

        _json.Write(record);
        Count++;
        return true;
    }

    internal byte[] ToJson() => [.. _json.WrittenSpan, (byte)']'];
}
