using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Configuration;

/// <summary>A value that must not be seen: it prints as <c>***</c>, refuses to be serialised, and compares in constant time.</summary>
[DebuggerDisplay("***")]
[JsonConverter(typeof(SecretJsonConverter))]
public sealed class Secret : IEquatable<Secret>
{
    private const string Mask = "***";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _text;

    /// <param name="text">The secret itself; never empty.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> is null or empty.</exception>
    public Secret(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        _text = text;
    }

    /// <summary>The secret in the clear. Call it where the value leaves for its destination, nowhere else.</summary>
    public string Reveal() => _text;

    /// <summary>Whether both hold the same text. The time taken does not tell where they differ, nor how long either is.</summary>
    public bool Equals(Secret? other) => other is not null && Matches(other._text);

    /// <inheritdoc cref="Equals(Secret)"/>
    public bool Matches(string candidate) => CryptographicOperations.FixedTimeEquals(Digest(_text), Digest(candidate));

    public override bool Equals(object? obj) => obj is Secret other && Equals(other);

    // .NET seeds the hash of a string anew in every process, so this tells an observer nothing.
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    public override string ToString() => Mask;

    public static bool operator ==(Secret? left, Secret? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Secret? left, Secret? right) => !(left == right);

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private sealed class SecretJsonConverter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is not read from JSON.");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is not written to JSON.");
    }
}
