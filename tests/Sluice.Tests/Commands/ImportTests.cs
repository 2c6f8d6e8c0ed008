using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Sluice.Commands.Import;
using Sluice.Core.Events;
using Sluice.Testing;

namespace Sluice.Tests.Commands;

/// <summary>Files of events, whichever way they are written, and what came in.</summary>
public sealed class ImportTests
{
    [Fact]
    public async Task Every_format_brings_the_same_events()
    {
        using var folder = new TempFolder();
        var events = Enumerable.Range(0, 50).Select(i => Event("Purchase", i)).ToArray();
        folder.Write("files/lines.ndjson", string.Join('\n', events.Select(e => e.Replace("\"i-", "\"lines-", StringComparison.Ordinal))));
        folder.Write("files/list.json", $"[\n  {string.Join(",\n  ", events.Select(e => e.Replace("\"i-", "\"list-", StringComparison.Ordinal)))}\n]\n");
        folder.Write("files/deep/rows.csv", "event,time,distinct_id,$insert_id,amount,zip\n" + string.Concat(
            Enumerable.Range(0, 50).Select(i => FormattableString.Invariant($"Purchase,{Time(i)},u{i},rows-{i},{i}.5,0{i}\n"))));
        Gzip(folder.Combine("files", "packed"), string.Join("\r\n", events.Select(e => e.Replace("\"i-", "\"packed-", StringComparison.Ordinal))));
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);

        var json = (await home.RunAsync("import", folder.Combine("files"), "--format", "json")).Expect(0).Json;
        Assert.Equal((4, 200, 200), (json.GetProperty("files").GetInt32(), json.GetProperty("read").GetInt32(), json.GetProperty("stored").GetInt32()));
        await home.WithStoreAsync(async store =>
        {
            var stored = (await store.EventLog.ReadAsync(CommandHome.Project, LogPosition.Start, 1_000, null, CommandHome.Token)).Events;
            Assert.Equal(200, stored.Count);
            var row = stored.Select(e => JsonDocument.Parse(e.Properties).RootElement).Single(p => p.GetProperty("$insert_id").GetString() == "rows-7");
            Assert.Equal(7.5, row.GetProperty("amount").GetDouble());
            Assert.Equal("07", row.GetProperty("zip").GetString());
        });
    }

    [Fact]
    public async Task Where_events_came_from_is_kept_for_a_project_that_is_passed_on()
    {
        using var folder = new TempFolder();
        folder.Write("events.ndjson", Event("a", 1).Replace("\"text\"", "\"ip\":\"203.0.113.7\",\"text\"", StringComparison.Ordinal));
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);
        var config = await File.ReadAllTextAsync(home.ConfigFile, CommandHome.Token);
        await File.WriteAllTextAsync(
            home.ConfigFile, config.Replace("enabled: true", "project_token: t\n    forward: true", StringComparison.Ordinal), CommandHome.Token);

        (await home.RunAsync("import", folder.Combine("events.ndjson"))).Expect(0);
        await home.WithStoreAsync(async store =>
        {
            var addresses = await store.Forwarding.AddressesAsync(CommandHome.Project, [new LogPosition(1, 1)], CommandHome.Token);
            Assert.Equal("203.0.113.7", Assert.Single(addresses).Value);
        });
    }

    [Fact]
    public async Task Bad_records_are_reported_with_their_place_and_the_others_are_stored()
    {
        using var folder = new TempFolder();
        folder.Write("events.ndjson", $"{Event("a", 1)}\n{{\"event\":\"\",\"properties\":{{}}}}\nno json\n{Event("a", 2)}\n{{\"event\":\"cut\",\"prop");
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);

        var ran = (await home.RunAsync("import", folder.Combine("events.ndjson"), "--refused", folder.Combine("refused.ndjson"))).Expect(5);
        Assert.Contains("record 2: 'event' must not be missing or blank", ran.Error, StringComparison.Ordinal);
        var refused = File.ReadAllLines(folder.Combine("refused.ndjson")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([2, 3, 5], refused.Select(r => r.GetProperty("record").GetInt32()));
        Assert.Equal("no json", refused[1].GetProperty("payload").GetString()!.Trim());
        Assert.Equal(2, await CountAsync(home));
    }

    [Fact]
    public async Task What_is_done_is_not_done_again_unless_asked_for_and_never_stored_twice()
    {
        using var folder = new TempFolder();
        var file = folder.Write("events.ndjson", string.Join('\n', Enumerable.Range(0, 5_000).Select(i => Event("a", i))));
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);
        (await home.RunAsync("import", file)).Expect(0);

        Assert.Equal(5_000, (await home.RunAsync("import", file, "--format", "json")).Expect(0).Json.GetProperty("skipped").GetInt32());
        var again = (await home.RunAsync("import", file, "--restart", "--format", "json")).Expect(0).Json;
        Assert.Equal((0, 5_000), (again.GetProperty("stored").GetInt32(), again.GetProperty("duplicates").GetInt32()));
        Assert.Equal(5_000, await CountAsync(home));
    }

    [Fact]
    public async Task A_stopped_run_goes_on_where_it_was()
    {
        using var folder = new TempFolder();
        var file = folder.Write("events.ndjson", string.Join('\n', Enumerable.Range(0, 9_000).Select(i => Event("a", i))));
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);
        (await home.RunAsync("import", file)).Expect(0);

        // As a kill leaves it: more is stored than is noted.
        await NoteAsync(home, "4000");
        var json = (await home.RunAsync("import", file, "--format", "json")).Expect(0).Json;
        Assert.Equal((4_000, 5_000, 5_000), (json.GetProperty("skipped").GetInt32(), json.GetProperty("read").GetInt32(), json.GetProperty("duplicates").GetInt32()));
        Assert.Equal(9_000, await CountAsync(home));
    }

    [Fact]
    public async Task Nothing_in_a_file_stops_what_comes_behind_it()
    {
        using var folder = new TempFolder();
        var lines = Enumerable.Range(0, 2_000).Select(i => Event("a", i)).ToList();
        lines[10] = """{"event":"$identify","properties":{"time":1790000000,"distinct_id":"u","$insert_id":"x","$identified_id":"u","$anon_id":"a"}}""";
        folder.Write("events.ndjson", string.Join('\n', lines) + "\n{\"event\":\"cut");
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);

        var json = (await home.RunAsync("import", folder.Combine("events.ndjson"), "--format", "json")).Expect(5).Json;
        Assert.Equal((1_999, 2), (json.GetProperty("stored").GetInt32(), json.GetProperty("refused").GetInt32()));
        Assert.Equal(2, File.ReadAllLines(json.GetProperty("refusedFile").GetString()!).Length);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_is_told_and_what_came_before_is_stored()
    {
        using var folder = new TempFolder();
        var file = folder.Combine("events.ndjson.gz");
        Gzip(file, string.Join('\n', Enumerable.Range(0, 9_000).Select(i => Event("a", i))));
        var bytes = await File.ReadAllBytesAsync(file, CommandHome.Token);
        await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)], CommandHome.Token);
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);

        Assert.Contains("cannot be read to its end", (await home.RunAsync("import", file)).Expect(1).Error, StringComparison.Ordinal);
        Assert.InRange(await CountAsync(home), 1, 8_999);

        await File.WriteAllBytesAsync(file, bytes, CommandHome.Token);
        (await home.RunAsync("import", file)).Expect(0);
        Assert.Equal(9_000, await CountAsync(home));
    }

    [Fact]
    public async Task A_missing_file_and_a_wrong_header_are_told_and_change_nothing()
    {
        using var folder = new TempFolder();
        var file = folder.Write("rows.csv", "name,when\na,1\n");
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);

        Assert.Contains("no file or folder", (await home.RunAsync("import", folder.Combine("none"))).Expect(3).Error, StringComparison.Ordinal);
        Assert.Contains("the first row has to name the columns", (await home.RunAsync("import", file)).Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync(home));
    }

    [Fact]
    public async Task The_newest_events_are_shown_in_the_order_in_which_they_came()
    {
        using var folder = new TempFolder();
        var file = folder.Write("events.ndjson", string.Join('\n', Enumerable.Range(0, 5_000).Select(i => Event(i % 1_000 == 0 ? "rare" : "often", i))));
        await using var home = await CommandHome.CreateAsync(Now());
        await home.WithStoreAsync(_ => Task.CompletedTask);
        (await home.RunAsync("import", file)).Expect(0);

        var lines = (await home.RunAsync("events", "tail", "--limit", "2", "--name", "rare", "--format", "json")).Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["u3000", "u4000"], lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("distinctId").GetString()));
        Assert.Equal("often", (await home.RunAsync("events", "tail", "--limit", "1")).Expect(0).Output.Split("  ")[1]);
    }

    [Fact]
    public async Task What_came_in_is_counted_by_way_outcome_and_name()
    {
        await using var home = await CommandHome.CreateAsync();
        var minute = DateTimeOffset.FromUnixTimeSeconds(home.Host.Time.GetUtcNow().ToUnixTimeSeconds() / 60 * 60);
        await home.WithStoreAsync(store => store.IntakeCounts.AddAsync(
            [
                new IntakeCount(CommandHome.Project, minute, "import", IntakeOutcome.Accepted, "Purchase", 40, 4_000),
                new IntakeCount(CommandHome.Project, minute.AddHours(-2), "import", IntakeOutcome.Accepted, "Purchase", 2, 200),
                new IntakeCount(CommandHome.Project, minute.AddHours(-30), "import", IntakeOutcome.Accepted, "Purchase", 1, 100),
            ],
            CommandHome.Token));

        var counts = (await home.RunAsync("events", "stats", "--format", "json")).Expect(0).Json.GetProperty("counts");
        Assert.Equal(42, Assert.Single(counts.EnumerateArray()).GetProperty("records").GetInt32());
        (await home.RunAsync("events", "stats", "--hours", "0")).Expect(2);
    }

    [Theory]
    [InlineData("""[{"a":1},{"b":"]},{"}]""", """{"a":1}""", """{"b":"]},{"}""")]
    [InlineData("{\"a\":1}{\"b\":2}\n\n{\"c\":3}", """{"a":1}""", """{"b":2}""", """{"c":3}""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("\uFEFF {\"a\":\"\\\"}\"} ", """{"a":"\"}"}""")]
    [InlineData("{\"broken\":\"no end\n{\"a\":1}", "{\"broken\":\"no end", """{"a":1}""")]
    [InlineData("{\"a\":1}\n{\"broken\":{\"b\":1\n{\"c\":1}\n", """{"a":1}""", """{"broken":{"b":1""", """{"c":1}""")]
    [InlineData("{\"broken\":{\"b\":1\n{\"c\":1}\n{\"d\":1}", """{"broken":{"b":1""", """{"c":1}""", """{"d":1}""")]
    [InlineData("{\n \"a\":[\n{\"b\":1}\n]\n}\n{\n\"c\":2\n}", "{\n \"a\":[\n{\"b\":1}\n]\n}", "{\n\"c\":2\n}")]
    [InlineData("[1, \"two\", [3,[4]]]", "1", "\"two\"", "[3,[4]]")]
    public void Records_are_cut_however_the_bytes_arrive(string text, params string[] records)
    {
        foreach (var piece in new[] { 1, 2, 3, 7, 4_096 })
        {
            using var reader = new RecordReader(new Drip(Encoding.UTF8.GetBytes(text), piece), 1_000_000);
            var found = new List<string>();
            for (var record = reader.Next(out _); !record.IsEmpty; record = reader.Next(out _))
            {
                found.Add(Encoding.UTF8.GetString(record).TrimEnd());
            }

            Assert.Equal(records, found);
        }
    }

    [Fact]
    public void A_record_that_is_too_large_is_passed_over_in_bounded_memory()
    {
        var large = $$"""{"a":"{{new string('x', 5_000_000)}}"}""";
        using var reader = new RecordReader(new MemoryStream(Encoding.UTF8.GetBytes($"[{large},{{\"b\":1}}]")), 1_100_000);

        Assert.StartsWith("{\"a\":\"xxx", Encoding.UTF8.GetString(reader.Next(out var tooLarge)), StringComparison.Ordinal);
        Assert.True(tooLarge);
        Assert.Equal("""{"b":1}""", Encoding.UTF8.GetString(reader.Next(out tooLarge)));
        Assert.False(tooLarge);
    }

    private static FixedTime Now() => new FixedTime(DateTimeOffset.FromUnixTimeSeconds(Time(0)).AddDays(10));

    private static long Time(int i) => 1_790_000_000 + i;

    private static string Event(string name, int i) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"event":"{{{name}}}","properties":{"time":{{{Time(i)}}},"distinct_id":"u{{{i}}}","$insert_id":"i-{{{i}}}","text":"a, ]} b"}}""");

    private static void Gzip(string file, string text)
    {
        using var stream = new GZipStream(File.Create(file), CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static async Task NoteAsync(CommandHome home, string done)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={home.StoreFile};Pooling=False");
        await connection.OpenAsync(CommandHome.Token);
        using var command = connection.CreateCommand();
        command.CommandText = $"UPDATE setting SET value = '{done}' WHERE name LIKE 'import:%'";
        Assert.Equal(1, await command.ExecuteNonQueryAsync(CommandHome.Token));
    }

    private static async Task<int> CountAsync(CommandHome home)
    {
        var count = 0;
        await home.WithStoreAsync(async store => count = (await store.EventLog.ReadAsync(CommandHome.Project, LogPosition.Start, 100_000, null, CommandHome.Token)).Events.Count);
        return count;
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Drip(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
