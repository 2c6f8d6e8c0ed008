using System.Text;

namespace Sluice.Mixpanel.Tests.Ingestion;

/// <summary>Damages bodies at random, always in the same ways for one seed.</summary>
internal static class Mutations
{
    private static readonly byte[][] Fragments =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1e999", "-", "\n", "\r\n", "\\u0000", "\\ud800", "\\ude00",
            "\\u0022", "\"event\":", "\"properties\":{", "\"time\":", "\"distinct_id\":", "\"$set\":{", "\"$unset\":[", "\u00E9", "\0",
            new string('[', 200), new string(']', 200), new string('x', 300), "0", "99999999999999999999", "\"$device:\"", "+", "%", "&",
        }.Select(Encoding.UTF8.GetBytes),
        [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
        [0xED, 0xA0, 0xBD],
        [0xC3],
        [0xFF],
    ];

    public static byte[] Of(byte[] seed, Random random)
    {
        var body = new List<byte>(seed);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(body.Count + 1);
            var length = Math.Min(random.Next(1, 30), body.Count - at);
            switch (random.Next(6))
            {
                case 0 when at < body.Count:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1 when at < body.Count:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    body.RemoveRange(at, length);
                    break;
                case 3:
                    body.InsertRange(random.Next(body.Count + 1), body.GetRange(at, length));
                    break;
                case 4:
                    body.InsertRange(at, Fragments[random.Next(Fragments.Length)]);
                    break;
                case 5:
                    ReplaceText(body, random);
                    break;
            }
        }

        return [.. body];
    }

    /// <summary>Puts another value in the place of a text, which mostly leaves the JSON valid and the meaning strange.</summary>
    private static void ReplaceText(List<byte> body, Random random)
    {
        var start = body.IndexOf((byte)'"', random.Next(body.Count + 1));
        var end = start < 0 ? -1 : body.IndexOf((byte)'"', start + 1);
        if (end < 0)
        {
            return;
        }

        string[] values =
        [
            "null", "\"\"", "\"\\u0000\"", "[]", "{}", "1", "-0.5", "1e400", "\"\u00E9\"", "\"time\"", "\"$insert_id\"", "\"$device:d\"",
            "\"anon\"", "\"$merge\"", "[[[[1]]]]", "{\"a\":{\"a\":1},\"a\":2}", "\"" + new string('x', 300) + "\"", "\"\\ud83d\\ude00\"",
        ];
        body.RemoveRange(start, end - start + 1);
        body.InsertRange(start, Encoding.UTF8.GetBytes(values[random.Next(values.Length)]));
    }
}
