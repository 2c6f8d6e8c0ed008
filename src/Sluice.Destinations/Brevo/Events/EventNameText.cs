using System.Security.Cryptography;
using System.Text;
using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>Makes names of events and of their properties such as Brevo takes: letters A to Z, digits, hyphens and underscores.</summary>
internal static class EventNameText
{
    private const int HashLength = 8;

    /// <summary>
    /// Everything else becomes one underscore, and none is left at the ends. A name that loses letters or digits, or is too long, ends
    /// with a hash of what it was: otherwise all names of another script would become one.
    /// </summary>
    public static string Convert(string name)
    {
        if (BrevoEvent.IsName(name))
        {
            return name;
        }

        var text = new StringBuilder(name.Length);
        var loses = false;
        foreach (var character in name)
        {
            if (char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            {
                text.Append(character);
            }
            else
            {
                loses |= char.IsLetterOrDigit(character) || char.IsSurrogate(character);
                if (text.Length > 0 && text[^1] != '_')
                {
                    text.Append('_');
                }
            }
        }

        while (text.Length > 0 && text[^1] == '_')
        {
            text.Length--;
        }

        return loses || text.Length is 0 or > BrevoEvent.MaxNameLength ? WithHash(text.ToString(), name) : text.ToString();
    }

    /// <summary>The converted name with a hash of the original: two that would be one are told apart.</summary>
    public static string WithHash(string converted, string original)
    {
        var hash = System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(original)))[..HashLength];
        var room = BrevoEvent.MaxNameLength - HashLength - 1;
        return converted.Length == 0 ? "x_" + hash : $"{converted[..Math.Min(converted.Length, room)]}_{hash}";
    }
}
