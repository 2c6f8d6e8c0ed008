namespace Sluice.Brevo;

/// <summary>
/// An API key of Brevo (<c>xkeysib-…</c>), kept so that it cannot be printed by accident.
/// </summary>
/// <remarks>
/// <see cref="ToString"/> gives <c>***</c>, there is no public member that reveals the value, and a serializer finds nothing to write.
/// The key leaves this type only as the value of the <c>api-key</c> header.
/// </remarks>
/// <seealso href="https://developers.brevo.com/docs/api-key-authentication"/>
public sealed class BrevoApiKey
{
    /// <summary>Wraps a key.</summary>
    /// <param name="value">The key as Brevo shows it. White space around it is removed.</param>
    /// <exception cref="ArgumentException">The key is empty, or holds a character that cannot stand in a header. The message does not
    /// repeat it.</exception>
    public BrevoApiKey(string value)
    {
        var trimmed = value?.Trim();
        if (string.IsNullOrEmpty(trimmed))
        {
            throw new ArgumentException("The API key is empty.", nameof(value));
        }

        foreach (var character in trimmed)
        {
            if (character is <= ' ' or > '~')
            {
                throw new ArgumentException("The API key holds a character that cannot stand in an HTTP header.", nameof(value));
            }
        }

        Value = trimmed;
    }

    internal string Value { get; }

    /// <summary>Gives <c>***</c>, never the key.</summary>
    /// <returns><c>***</c></returns>
    public override string ToString() => "***";
}
