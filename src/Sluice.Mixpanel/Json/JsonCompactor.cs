namespace Sluice.Mixpanel.Json;

/// <summary>Copies valid JSON without the white space between its tokens. The JSON may come in pieces.</summary>
internal struct JsonCompactor
{
    private bool _inText;
    private bool _afterBackslash;

    /// <summary>Copies one piece; <paramref name="destination"/> must be at least as long as it.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Write(ReadOnlySpan<byte> json, Span<byte> destination)
    {
        var written = 0;
        var uncopied = 0;
        var at = 0;
        if (_afterBackslash && json.Length > 0)
        {
            _afterBackslash = false;
            at = 1;
        }

        while (at < json.Length)
        {
            if (_inText)
            {
                at = SkipText(json, at);
            }
            else if (json[at] == '"')
            {
                _inText = true;
                at++;
            }
            else if (json[at] <= ' ')
            {
                json[uncopied..at].CopyTo(destination[written..]);
                written += at - uncopied;
                uncopied = ++at;
            }
            else
            {
                at++;
            }
        }

        json[uncopied..].CopyTo(destination[written..]);
        return written + json.Length - uncopied;
    }

    /// <summary>Goes to the end of the text, behind an escape in it, or to the end of the piece.</summary>
    private int SkipText(ReadOnlySpan<byte> json, int at)
    {
        var stop = json[at..].IndexOfAny((byte)'"', (byte)'\\');
        if (stop < 0)
        {
            return json.Length;
        }

        at += stop;
        if (json[at] == '"')
        {
            _inText = false;
            return at + 1;
        }

        _afterBackslash = at + 1 == json.Length;
        return Math.Min(at + 2, json.Length);
    }
}
