using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>
/// 128 bits that stand for a payload: equal for equal payloads, whatever the order of properties and mappings. Stored beside a contact so
/// that only changes are sent.
/// </summary>
/// <param name="Value">The bits: the first half of a SHA-256.</param>
public readonly record struct PayloadHash(UInt128 Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    internal static PayloadHash Of(ReadOnlySpan<byte> canonical)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonical, digest);
        return new PayloadHash(BinaryPrimitives.ReadUInt128BigEndian(digest));
    }
}
