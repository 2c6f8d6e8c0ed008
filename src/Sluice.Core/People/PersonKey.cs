using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.People;

/// <summary>
/// The 128-bit key under which everything about one distinct id is stored: the first half of SHA-256 over the project and the
/// distinct id as sent. Hashed, never numbered centrally, so any node can make it without asking.
/// </summary>
/// <remarks>
/// SHA-256 and not a faster hash, because distinct ids are chosen by strangers: whoever could find two ids with one key could
/// read or overwrite another person's profile. Keys are spread evenly, which lets large sets be cut into equal slices by key range.
/// </remarks>
public readonly record struct PersonKey(UInt128 Value) : IComparable<PersonKey>
{
    public const int SizeBytes = 16;

    // Setting a hash up costs more than hashing an id; a page asks for thousands.
    [ThreadStatic]
    private static IncrementalHash? _hash;

    public static PersonKey Of(string project, string distinctId)
    {
        var size = Encoding.UTF8.GetMaxByteCount(project.Length + distinctId.Length) + 1;
        Span<byte> buffer = size <= 1024 ? stackalloc byte[size] : new byte[size];
        var length = Encoding.UTF8.GetBytes(project, buffer);
        // A project id cannot hold a NUL, so no two (project, id) pairs give the same bytes.
        buffer[length++] = 0;
        length += Encoding.UTF8.GetBytes(distinctId, buffer[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var sha = _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(buffer[..length]);
        sha.GetHashAndReset(hash);
        return Read(hash);
    }

    public static PersonKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public byte[] ToBytes()
    {
        var bytes = new byte[SizeBytes];
        Write(bytes);
        return bytes;
    }

    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    public int CompareTo(PersonKey other) => Value.CompareTo(other.Value);

    public static bool operator <(PersonKey left, PersonKey right) => left.Value < right.Value;

    public static bool operator >(PersonKey left, PersonKey right) => left.Value > right.Value;

    public static bool operator <=(PersonKey left, PersonKey right) => left.Value <= right.Value;

    public static bool operator >=(PersonKey left, PersonKey right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
