using System.Buffers;
using System.Buffers.Binary;

namespace Sluice.Core.Delivery.Limiter;

/// <content>
/// The stored form. One byte of version, eight of the book's id, then variable-length integers: the counter, the time, the block, the hold
/// without a window, the windows, the calls in flight. Times are told as distances from the book's own time, slots as distances from the
/// slot before, so a full hour window takes about a kilobyte. The second version has, behind the block, until when somebody waits; it is
/// written only when somebody does.
/// </content>
public sealed partial class PermitBook
{
    private const byte First = 1;
    private const byte WithWaiting = 2;
    private const int HeaderBytes = 1 + sizeof(ulong);

    /// <summary>The stored form of the book.</summary>
    /// <returns>Bytes for <see cref="Read"/>.</returns>
    public byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>(256);
        var header = output.GetSpan(HeaderBytes);
        var someoneWaits = _othersWaitUntil > _now;
        header[0] = someoneWaits ? WithWaiting : First;
        BinaryPrimitives.WriteUInt64LittleEndian(header[1..], _id);
        output.Advance(HeaderBytes);

        Varint.Write(output, _granted);
        Varint.Write(output, _now);
        Varint.Write(output, _blockedUntil > _now ? _blockedUntil - _now : 0);
        if (someoneWaits)
        {
            Varint.Write(output, _othersWaitUntil - _now);
        }

        WriteHold(output, _unlistedHold);
        Varint.Write(output, _windows.Count);
        foreach (var window in _windows)
        {
            WriteWindow(output, window);
        }

        Varint.Write(output, _inFlight.Count);
        foreach (var entry in _inFlight)
        {
            Varint.Write(output, _granted - entry.Number);
            Varint.Write(output, entry.Count);
            Varint.Write(output, _now - entry.GrantedAt);
            Varint.Write(output, entry.Deadline - entry.GrantedAt);
            foreach (var used in entry.UsedBefore)
            {
                Varint.Write(output, used);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a book back.</summary>
    /// <param name="stored">What <see cref="Write"/> made.</param>
    /// <returns>The same book.</returns>
    /// <exception cref="InvalidDataException">The bytes are damaged, or were written by a newer version.</exception>
    public static PermitBook Read(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < HeaderBytes)
        {
            throw Damaged();
        }

        if (stored[0] is not (First or WithWaiting))
        {
            throw new InvalidDataException($"The permit book has version {stored[0]}; this program reads up to version {WithWaiting}.");
        }

        var book = new PermitBook(BinaryPrimitives.ReadUInt64LittleEndian(stored[1..]));
        var input = stored[HeaderBytes..];
        book._granted = Varint.Read(ref input, 0, long.MaxValue);
        book._now = Varint.Read(ref input, 0, Micros.Last);
        var block = Varint.Read(ref input, 0, Micros.Last);
        book._blockedUntil = block == 0 ? 0 : book._now + block;
        book._othersWaitUntil = stored[0] == WithWaiting ? book._now + Varint.Read(ref input, 1, Micros.Last) : 0;
        book._unlistedHold = book.ReadHold(ref input);
        for (var left = Varint.ReadCount(ref input); left > 0; left--)
        {
            book.ReadWindow(ref input);
        }

        for (var left = Varint.ReadCount(ref input); left > 0; left--)
        {
            book.ReadInFlight(ref input);
        }

        if (book._windows.Count == 0 || input.Length > 0)
        {
            throw Damaged();
        }

        return book;
    }

    private static InvalidDataException Damaged() => new("The permit book is damaged.");

    private void WriteHold(ArrayBufferWriter<byte> output, RemoteHold hold)
    {
        var isSet = hold.IsSet && hold.Until > _now;
        Varint.Write(output, isSet ? hold.Until - _now : 0);
        if (isSet)
        {
            Varint.Write(output, hold.Left);
        }
    }

    private RemoteHold ReadHold(ref ReadOnlySpan<byte> input)
    {
        var distance = Varint.Read(ref input, 0, Micros.Last);
        return distance == 0 ? default : new RemoteHold(_now + distance, (int)Varint.Read(ref input, 0, int.MaxValue));
    }

    private void WriteWindow(ArrayBufferWriter<byte> output, WindowTally window)
    {
        Varint.Write(output, window.PublishedLimit);
        Varint.Write(output, window.Limit);
        Varint.Write(output, window.Length);
        WriteHold(output, window.Hold);
        Varint.Write(output, window.Slots.Count);
        var before = _now / window.SlotLength;
        foreach (var (slot, count) in window.Slots)
        {
            Varint.WriteSigned(output, slot - before);
            Varint.Write(output, count);
            before = slot;
        }
    }

    private void ReadWindow(ref ReadOnlySpan<byte> input)
    {
        var published = (int)Varint.Read(ref input, 1, int.MaxValue);
        var limit = (int)Varint.Read(ref input, 1, int.MaxValue);
        var length = Varint.Read(ref input, Micros.Ceiling(BudgetWindow.MinLength), Micros.Ceiling(BudgetWindow.MaxLength));
        var window = new WindowTally(published, limit, length) { Hold = ReadHold(ref input) };
        var slot = _now / window.SlotLength;
        var most = Micros.Last / window.SlotLength;
        for (var left = Varint.ReadCount(ref input); left > 0; left--)
        {
            slot += Varint.ReadSigned(ref input, -most, most);
            if (Math.Abs(slot) > most)
            {
                throw Damaged();
            }

            window.AddSlot(slot, (int)Varint.Read(ref input, 1, int.MaxValue - window.Answered));
        }

        _windows.Add(window);
    }

    private void ReadInFlight(ref ReadOnlySpan<byte> input)
    {
        var number = _granted - Varint.Read(ref input, 1, _granted);
        var count = (int)Varint.Read(ref input, 1, int.MaxValue - _inFlightCalls);
        var grantedAt = _now - Varint.Read(ref input, 0, Micros.Last);
        var deadline = grantedAt + Varint.Read(ref input, 0, Micros.Last);
        var usedBefore = new int[_windows.Count];
        for (var i = 0; i < usedBefore.Length; i++)
        {
            usedBefore[i] = (int)Varint.Read(ref input, 0, int.MaxValue);
        }

        _inFlight.Add(new InFlightPermit(number, count, grantedAt, deadline, usedBefore));
        _inFlightCalls += count;
    }
}
