using System.Text;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>Makes strings of JSON texts, each text once: the same names and ids come again and again in one batch.</summary>
internal sealed class TextPool
{
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private byte[] _plain = new byte[256];
    private char[] _characters = new char[256];

    public TextPool() => _lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The text whose JSON, without quotes and with nothing in it that cannot be stored, is given.</summary>
    public string Get(ReadOnlySpan<byte> escaped)
    {
        var characters = Decode(escaped);
        if (!_lookup.TryGetValue(characters, out var text))
        {
            text = characters.ToString();
            _texts.Add(text);
        }

        return text;
    }

    /// <summary>The same for texts that hardly ever come twice.</summary>
    public string GetOnce(ReadOnlySpan<byte> escaped) => Decode(escaped).ToString();

    private ReadOnlySpan<char> Decode(ReadOnlySpan<byte> escaped)
    {
        if (_plain.Length < escaped.Length)
        {
            _plain = new byte[2 * escaped.Length];
            _characters = new char[2 * escaped.Length];
        }

        var plain = escaped;
        if (escaped.Contains((byte)'\\'))
        {
            JsonEscapes.TryUnescape(escaped, _plain, out var length);
            plain = _plain.AsSpan(0, length);
        }

        return _characters.AsSpan(0, Encoding.UTF8.GetChars(plain, _characters));
    }
}
