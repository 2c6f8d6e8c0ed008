using System.Text;

namespace Sluice.Simulators;

/// <summary>Reads records of separated values: quotes around a cell, doubled quotes inside, line ends of either kind.</summary>
internal sealed class CsvText(string text, char separator)
{
    private readonly StringBuilder _cell = new();
    private int _start;
    private int _position;

    /// <summary>The record that was read last, without its line end.</summary>
    public string Raw => text[_start.._position];

    /// <summary>The separator that the header line has most of; a single column has none.</summary>
    public static char DetectSeparator(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var header = end < 0 ? text.AsSpan() : text.AsSpan(0, end);
        var best = ';';
        foreach (var candidate in (ReadOnlySpan<char>)[',', '\t'])
        {
            if (header.Count(candidate) > header.Count(best))
            {
                best = candidate;
            }
        }

        return best;
    }

    public static string Quote(string cell, char separator) =>
        cell.AsSpan().IndexOfAny([separator, '"', '\r', '\n']) < 0
            ? cell
            : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>How many records a text has, the header among them, found without taking them apart.</summary>
    public static int CountRecords(string text)
    {
        var rest = text.AsSpan();
        var count = 0;
        var quoted = false;
        var hasContent = false;
        while (rest.IndexOfAny('\r', '\n', '"') is var next and >= 0)
        {
            hasContent |= next > 0 || rest[next] == '"' || quoted;
            if (rest[next] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted)
            {
                count += hasContent ? 1 : 0;
                hasContent = false;
            }

            rest = rest[(next + 1)..];
        }

        return hasContent || !rest.IsEmpty ? count + 1 : count;
    }

    /// <summary>Reads the next record that is not an empty line.</summary>
    public bool Read(List<string> cells)
    {
        while (_position < text.Length && text[_position] is ('\r' or '\n'))
        {
            _position++;
        }

        cells.Clear();
        if (_position >= text.Length)
        {
            return false;
        }

        _start = _position;
        while (ReadCell(cells))
        {
        }

        return true;
    }

    // Returns whether another cell follows in the same record.
    private bool ReadCell(List<string> cells)
    {
        if (_position < text.Length && text[_position] == '"')
        {
            ReadQuoted(cells);
        }
        else
        {
            var rest = text.AsSpan(_position);
            var length = rest.IndexOfAny(separator, '\r', '\n');
            length = length < 0 ? rest.Length : length;
            cells.Add(length == 0 ? "" : text.Substring(_position, length));
            _position += length;
        }

        if (_position >= text.Length || text[_position] != separator)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void ReadQuoted(List<string> cells)
    {
        _cell.Clear();
        _position++;
        while (_position < text.Length)
        {
            var character = text[_position++];
            if (character != '"')
            {
                _cell.Append(character);
            }
            else if (_position < text.Length && text[_position] == '"')
            {
                _cell.Append('"');
                _position++;
            }
            else
            {
                break;
            }
        }

        // What stands between the closing quote and the separator belongs to the cell.
        while (_position < text.Length && text[_position] != separator && text[_position] is not ('\r' or '\n'))
        {
            _cell.Append(text[_position++]);
        }

        cells.Add(_cell.ToString());
    }
}
