using System.Buffers.Binary;
using System.Security.Cryptography;
using Sluice.Core.People;

namespace Sluice.Core.Erasure;

/// <summary>What a tombstone stands for.</summary>
public enum TombstoneKind : byte
{
    Id = 1,
    Email = 2,
    Phone = 3,
}

/// <summary>Makes tombstones: what is kept of an erased id, address or number, so that it is known again and can be read by nobody.</summary>
/// <remarks>
/// Distinct ids, addresses and numbers can be guessed, so a plain hash of one gives it away to whoever tries them all. Without the key,
/// which is not in the store, a tombstone says nothing.
/// </remarks>
public sealed class TombstoneKey(ReadOnlySpan<byte> key)
{
    private readonly byte[] _key = key.ToArray();

    /// <summary>The first half of an HMAC-SHA256 over the kind and the subject's key, which is a hash of the project and the normalised value.</summary>
    public UInt128 Of(TombstoneKind kind, PersonKey subject)
    {
        Span<byte> data = stackalloc byte[1 + PersonKey.SizeBytes];
        data[0] = (byte)kind;
        subject.Write(data[1..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, data, mac);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }
}
