using System.Text;

namespace Sluice.Brevo.Tests;

/// <summary>Reads CSV with semicolons as RFC 4180 says, written apart from the writer under test.</summary>
internal static class CsvReader
{
    public static List<List<string>> Read(string csv)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        var position = 0;
        while (true)
        {
            row.Add(ReadCell(csv, ref position));
            if (position == csv.Length)
            {
                rows.Add(row);
                return rows;
            }

            var separator = csv[position++];
            if (separator == ';')
            {
                continue;
            }

            Assert.Equal('\n', separator);
            rows.Add(row);
            row = [];
        }
    }

    private static string ReadCell(string csv, ref int position)
    {
        if (position == csv.Length || csv[position] != '"')
        {
            var start = position;
            while (position < csv.Length && csv[position] is not (';' or '\n'))
            {
                Assert.NotEqual('"', csv[position]);
                position++;
            }

            return csv[start..position];
        }

        var cell = new StringBuilder();
        position++;
        while (true)
        {
            var character = csv[position++];
            if (character != '"')
            {
                cell.Append(character);
            }
            else if (position < csv.Length && csv[position] == '"')
            {
                cell.Append('"');
                position++;
            }
            else
            {
                return cell.ToString();
            }
        }
    }
}
