using System.Buffers;
using System.Text;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// The members of a page: their bytes in pooled segments that are never copied, and one small entry each that says
/// where they are. A member's id, e-mail, phone and properties stand behind one another in one segment.
/// </summary>
internal sealed class MemberStore : IDisposable
{
    private const int SegmentBytes = 64 * 1024;

    private readonly List<byte[]> _segments = [];
    private Entry[] _entries = [];
    private string?[]? _distinctIds;
    private int _used;
    private bool _isDisposed;

    public int Count { get; private set; }

    /// <summary>Room for a member that takes at most this many bytes; <see cref="Commit"/> keeps what was written.</summary>
    public Span<byte> Reserve(int maxBytes)
    {
        if (_segments.Count == 0 || _segments[^1].Length - _used < maxBytes)
        {
            _segments.Add(ArrayPool<byte>.Shared.Rent(Math.Max(SegmentBytes, maxBytes)));
            _used = 0;
        }

        return _segments[^1].AsSpan(_used);
    }

    public void Commit(int distinctIdBytes, int emailBytes, int phoneBytes, int propertiesBytes)
    {
        if (Count == _entries.Length)
        {
            Resize(Math.Max(1024, 2 * Count));
        }

        _entries[Count++] = new Entry(_segments[^1], _used, distinctIdBytes, emailBytes, phoneBytes, propertiesBytes);
        _used += distinctIdBytes + emailBytes + phoneBytes + propertiesBytes;
    }

    public ReadOnlyMemory<byte> DistinctIdUtf8(int index)
    {
        ref readonly var entry = ref At(index);
        return entry.Segment.AsMemory(entry.Start, entry.DistinctIdBytes);
    }

    public string DistinctId(int index)
    {
        var utf8 = DistinctIdUtf8(index);
        _distinctIds ??= new string?[Count];
        return _distinctIds[index] ??= Encoding.UTF8.GetString(utf8.Span);
    }

    public ReadOnlyMemory<byte> Email(int index)
    {
        ref readonly var entry = ref At(index);
        return entry.Segment.AsMemory(entry.Start + entry.DistinctIdBytes, entry.EmailBytes);
    }

    public ReadOnlyMemory<byte> Phone(int index)
    {
        ref readonly var entry = ref At(index);
        return entry.Segment.AsMemory(entry.Start + entry.DistinctIdBytes + entry.EmailBytes, entry.PhoneBytes);
    }

    public ReadOnlyMemory<byte> Properties(int index)
    {
        ref readonly var entry = ref At(index);
        return entry.Segment.AsMemory(
            entry.Start + entry.DistinctIdBytes + entry.EmailBytes + entry.PhoneBytes, entry.PropertiesBytes);
    }

    /// <summary>Gives the segments back. The store can be filled again, unless it was disposed.</summary>
    public void Clear()
    {
        foreach (var segment in _segments)
        {
            ArrayPool<byte>.Shared.Return(segment);
        }

        _segments.Clear();
        _used = 0;
        Count = 0;
        Resize(0);
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Clear();
        }
    }

    private ref readonly Entry At(int index)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(CohortWebhookPage));
        return ref _entries[index];
    }

    private void Resize(int length)
    {
        var old = _entries;
        _entries = length == 0 ? [] : ArrayPool<Entry>.Shared.Rent(length);
        old.AsSpan(0, Math.Min(Count, old.Length)).CopyTo(_entries);
        if (old.Length > 0)
        {
            ArrayPool<Entry>.Shared.Return(old, clearArray: true);
        }
    }

    private readonly record struct Entry(
        byte[] Segment, int Start, int DistinctIdBytes, int EmailBytes, int PhoneBytes, int PropertiesBytes);
}
