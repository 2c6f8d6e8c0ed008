using System.Text;
using Microsoft.Extensions.Primitives;

namespace Sluice.Server.Http;

/// <summary>What an <c>Authorization</c> header carries: a user name and a password, or a bearer token.</summary>
internal abstract record Credentials
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private Credentials()
    {
    }

    /// <summary>Reads the header.</summary>
    /// <returns>Null when there is none, or none that can be understood.</returns>
    public static Credentials? Parse(StringValues header)
    {
        if (header.Count != 1)
        {
            return null;
        }

        var text = header[0].AsSpan().Trim();
        var space = text.IndexOf(' ');
        if (space < 0)
        {
            return null;
        }

        var scheme = text[..space];
        var value = text[(space + 1)..].Trim();
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return value.IsEmpty ? null : new Bearer(value.ToString());
        }

        return scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? ParseBasic(value) : null;
    }

    private static Basic? ParseBasic(ReadOnlySpan<char> value)
    {
        // Some clients forget to encode. A colon cannot stand in base64, so the two cannot be confused.
        var pair = value.Contains(':') ? value.ToString() : Decode(value);
        var colon = pair?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon < 0 ? null : new Basic(pair![..colon], pair[(colon + 1)..]);
    }

    private static string? Decode(ReadOnlySpan<char> base64)
    {
        var bare = base64.TrimEnd('=');
        var padded = bare.ToString().PadRight((bare.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
        {
            return null;
        }

        try
        {
            return Utf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>RFC 7617: the password is all after the first colon.</summary>
    public sealed record Basic(string User, string Password) : Credentials
    {
        public override string ToString() => "Basic ***";
    }

    /// <summary>RFC 6750.</summary>
    public sealed record Bearer(string Token) : Credentials
    {
        public override string ToString() => "Bearer ***";
    }
}
