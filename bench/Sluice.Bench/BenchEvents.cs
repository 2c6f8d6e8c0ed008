using System.Globalization;
using System.IO.Compression;
using System.Text;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage;
using Sluice.Storage.Events;

namespace Sluice.Bench;

/// <summary>Events of about a kilobyte, as an import sends them: 2,000 a request, gzip, each with an insert id.</summary>
internal static class BenchEvents
{
    public const int PerRequest = 2_000;
    private const int People = 100_000;
    private static readonly string[] Names = ["Page View", "Search", "Add to Cart", "Purchase", "Sign In", "Video Played", "Share", "Logout"];

    /// <param name="first">The number of the first event: other numbers are other events.</param>
    public static List<byte[]> Bodies(int events, int first = 0)
    {
        var bodies = new List<byte[]>();
        for (var start = first; start < first + events; start += PerRequest)
        {
            using var stream = new MemoryStream();
            using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
            {
                gzip.Write(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(start, Math.Min(PerRequest, first + events - start)).Select(Json))}]"));
            }

            bodies.Add(stream.ToArray());
        }

        return bodies;
    }

    /// <summary>Bytes of JSON in an event, on average.</summary>
    public static double Size() => Enumerable.Range(0, 1_000).Average(i => Json(i).Length + 1.0);

    /// <summary>The rows that Sluice stores for them.</summary>
    public static IEnumerable<EventRows> Rows(Dialect dialect, int events)
    {
        for (var start = 0; start < events; start += PerRequest)
        {
            var records = Enumerable.Range(start, Math.Min(PerRequest, events - start))
                .Select(i => new EventRecord(Name(i), Time(i), Id(i), InsertId(i), Encoding.UTF8.GetBytes(Properties(i, full: false)))).ToList();
            yield return EventRows.Of(dialect, new EventBatch(BenchServer.Project, Origin.Received, IdentityMode.Simplified, records, []));
        }
    }

    private static string Json(int i) => $$"""{"event":"{{Name(i)}}","properties":{{Properties(i, full: true)}}}""";

    private static string Name(int i) => Names[i % Names.Length];

    private static long Time(int i) => 1_790_000_000_000L + (i * 40L);

    private static string Id(int i) => string.Create(CultureInfo.InvariantCulture, $"user-{(i * 7919L) % People}");

    private static string InsertId(int i) => string.Create(CultureInfo.InvariantCulture, $"{(uint)(i * 2_654_435_761L):x8}-0000-4000-8000-{i:x12}");

    private static string Properties(int i, bool full)
    {
        var text = new StringBuilder(1_100);
        text.Append('{');
        if (full)
        {
            text.Append(CultureInfo.InvariantCulture, $"\"time\":{Time(i)},");
        }

        text.Append(CultureInfo.InvariantCulture, $"\"distinct_id\":\"{Id(i)}\",\"$user_id\":\"{Id(i)}\",\"$insert_id\":\"{InsertId(i)}\"");
        text.Append(CultureInfo.InvariantCulture, $",\"amount\":{i % 500}.5,\"currency\":\"EUR\",\"plan\":\"pro\",\"logged_in\":true,\"tags\":[\"a\",\"b\",\"c\"]");
        for (var p = 0; p < 24; p++)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"property_{p:00}\":\"value {(i * 31) + p:x8} of it\"");
        }

        return text.Append('}').ToString();
    }
}
