namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Writes valid JSON without the white space between its tokens.</summary>
internal static class CompactJson
{
    /// <summary>Copies a value.</summary>
    /// <param name="json">Valid JSON.</param>
    /// <param name="target">At least as long.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(ReadOnlySpan<byte> json, Span<byte> target)
    {
        var length = 0;
        var isInText = false;
        for (var i = 0; i < json.Length; i++)
        {
            var character = json[i];
            if (isInText && character == '\\')
            {
                target[length++] = character;
                target[length++] = json[++i];
                continue;
            }

            isInText ^= character == '"';
            if (isInText || character is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                target[length++] = character;
            }
        }

        return length;
    }
}
