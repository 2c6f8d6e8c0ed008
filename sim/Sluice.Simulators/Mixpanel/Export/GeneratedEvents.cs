using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel.Export;

/// <summary>What is generated.</summary>
/// <param name="From">The first day, in UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="EventsPerDay">How many on each, evenly spread.</param>
/// <param name="Seed">Equal seeds give equal bytes.</param>
public sealed record MixpanelGenerated(DateOnly From, DateOnly To, int EventsPerDay, int Seed = 1)
{
    /// <summary>How many people they are of.</summary>
    public int People { get; init; } = 100_000;

    /// <summary>Whether each has what a browser says of itself, which makes it about half a kilobyte large.</summary>
    public bool Wide { get; init; }

    /// <summary>
    /// Every day is packed once, into a temporary file, and sent from there afterwards: the simulator then costs a measurement next to
    /// nothing. Exports with a filter or a limit are made on the fly all the same.
    /// </summary>
    public bool KeepPacked { get; init; }
}

/// <summary>Events that exist only while they are written. The same seed gives the same bytes.</summary>
internal sealed class GeneratedEvents(MixpanelGenerated settings) : IDisposable
{
    private const int Batch = 500;
    private const long MsPerDay = 86_400_000;

    private static readonly string[] Names = ["Page View", "Search", "Add to Cart", "Purchase", "Session End"];
    private static readonly string[] Cities = ["Seoul", "Mumbai", "Lyon", "Austin", "São Paulo", "Kraków"];
    private static readonly string[] Plans = ["free", "trial", "pro", "team"];

    private readonly Lock _gate = new();
    private readonly Dictionary<(DateOnly Day, bool InMs), string> _files = [];
    private bool _disposed;

    public MixpanelGenerated Settings => settings;

    /// <summary>The lines of a day, in batches of one buffer.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Day(DateOnly day, ExportForm form, ExportFilter? filter)
    {
        var lines = new ArrayBufferWriter<byte>(256 * 1024);
        for (var number = 0; number < settings.EventsPerDay; number++)
        {
            Write(lines, day, number, form, filter);
            if (lines.WrittenCount > 0 && (number + 1) % Batch == 0)
            {
                yield return lines.WrittenMemory;
                lines.ResetWrittenCount();
            }
        }

        if (lines.WrittenCount > 0)
        {
            yield return lines.WrittenMemory;
        }
    }

    /// <summary>A day's packed lines, made at the first call.</summary>
    public Stream Packed(DateOnly day, ExportForm form)
    {
        string path;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_files.TryGetValue((day, form.InMs), out path!))
            {
                path = Path.GetTempFileName();
                _files.Add((day, form.InMs), path);
                using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
                foreach (var batch in Day(day, form, null))
                {
                    packed.Write(batch.Span);
                }
            }
        }

        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 256 * 1024);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var path in _files.Values)
            {
                File.Delete(path);
            }

            _files.Clear();
        }
    }

    private void Write(ArrayBufferWriter<byte> lines, DateOnly day, int number, ExportForm form, ExportFilter? filter)
    {
        var hash = new SeededHash((ulong)settings.Seed, (day.DayNumber * (long)int.MaxValue) + number);
        var name = hash.Pick(0, Names);
        if (filter?.Names(name) == false)
        {
            return;
        }

        var timeMs = (day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        timeMs += number * MsPerDay / settings.EventsPerDay;
        var into = lines.GetSpan(1_024);
        var at = 0;
        Put(into, ref at, "{\"event\":\""u8);
        PutText(into, ref at, name);
        Put(into, ref at, "\",\"properties\":"u8);
        var properties = at;
        Put(into, ref at, "{\"time\":"u8);
        PutNumber(into, ref at, form.Time(timeMs));
        Put(into, ref at, ",\"distinct_id\":\"person-"u8);
        var person = hash.Below(1, settings.People);
        PutNumber(into, ref at, person);
        Put(into, ref at, "\",\"$insert_id\":\""u8);
        PutHex(into, ref at, hash.Bits(2));
        PutHex(into, ref at, hash.Bits(3));
        Put(into, ref at, "\",\"$city\":\""u8);
        PutText(into, ref at, hash.Pick(4, Cities));
        Put(into, ref at, "\",\"plan\":\""u8);
        PutText(into, ref at, hash.Pick(5, Plans));
        Put(into, ref at, "\",\"amount\":"u8);
        PutNumber(into, ref at, hash.Below(6, 50_000));
        Put(into, ref at, ",\"first\":"u8);
        Put(into, ref at, hash.Chance(7, 100) ? "true"u8 : "false"u8);
        if (settings.Wide)
        {
            PutBrowser(into, ref at, hash);
        }

        Put(into, ref at, ",\"$import\":true,\"$mp_api_endpoint\":\"api.mixpanel.com\",\"$mp_api_timestamp_ms\":"u8);
        PutNumber(into, ref at, timeMs + 1_000);
        Put(into, ref at, ",\"mp_processing_time_ms\":"u8);
        PutNumber(into, ref at, timeMs + 2_000);
        Put(into, ref at, "}"u8);
        if (filter?.Keeps(name, timeMs, $"person-{person}", into[properties..at]) == false)
        {
            return;
        }

        Put(into, ref at, "}\n"u8);
        lines.Advance(at);
    }

    private static void PutBrowser(Span<byte> into, ref int at, SeededHash hash)
    {
        Put(into, ref at, ",\"$browser\":\"Chrome\",\"$browser_version\":"u8);
        PutNumber(into, ref at, 90 + hash.Below(8, 50));
        Put(into, ref at, ",\"$current_url\":\"https://shop.example/products/"u8);
        PutNumber(into, ref at, hash.Below(9, 5_000));
        Put(into, ref at, "?from=mail\",\"$os\":\"Android\",\"$screen_height\":900,\"$screen_width\":1440,\"items\":[\"a-"u8);
        PutNumber(into, ref at, hash.Below(10, 99));
        Put(into, ref at, "\",\"b-"u8);
        PutNumber(into, ref at, hash.Below(11, 99));
        Put(into, ref at, "\"]"u8);
    }

    private static void Put(Span<byte> into, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(into[at..]);
        at += bytes.Length;
    }

    private static void PutText(Span<byte> into, ref int at, string text) => at += System.Text.Encoding.UTF8.GetBytes(text, into[at..]);

    private static void PutNumber(Span<byte> into, ref int at, long number)
    {
        Utf8Formatter.TryFormat(number, into[at..], out var written);
        at += written;
    }

    private static void PutHex(Span<byte> into, ref int at, ulong bits)
    {
        Utf8Formatter.TryFormat(bits, into[at..], out var written, new StandardFormat('x', 16));
        at += written;
    }
}

/// <summary>The generated days that one export asks for.</summary>
internal sealed class GeneratedPart(GeneratedEvents events, DateOnly from, DateOnly to, ExportFilter filter, ExportForm form)
{
    /// <summary>Whether the days are sent from files.</summary>
    public bool IsPrepared => events.Settings.KeepPacked && filter.IsOpen && form.Local is null && Days().Any();

    public IEnumerable<ReadOnlyMemory<byte>> Lines() => Days().SelectMany(day => events.Day(day, form, filter.IsOpen ? null : filter));

    public IEnumerable<Stream> Packed() => Days().Select(day => events.Packed(day, form));

    private IEnumerable<DateOnly> Days()
    {
        var first = from > events.Settings.From ? from : events.Settings.From;
        var last = to < events.Settings.To ? to : events.Settings.To;
        for (var day = first; day <= last; day = day.AddDays(1))
        {
            yield return day;
        }
    }
}
