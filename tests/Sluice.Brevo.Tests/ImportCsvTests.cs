using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Brevo.Tests;

public sealed class ImportCsvTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a;b", "\"a;b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("\"", "\"\"\"\"")]
    [InlineData("a\nb", "a b")]
    [InlineData("a\r\nb", "a b")]
    [InlineData("a\r\r\n\nb\r", "a   b ")]
    [InlineData("a;\r\nb", "\"a; b\"")]
    [InlineData("a\u0000\u0085\u2028\u2029\u000bb", "a     b")]
    [InlineData("tab\there", "tab\there")]
    [InlineData("back\\slash", "back\\slash")]
    [InlineData("comma, space ", "comma, space ")]
    [InlineData("김민수 é 😀", "김민수 é 😀")]
    [InlineData("=1+1", "=1+1")]
    public async Task A_cell_is_written_so(string value, string cell)
    {
        using var csv = new BrevoImportCsv(["EXT_ID", "X"]);
        Assert.True(csv.TryAppend("u", value));

        Assert.Equal($"EXT_ID;X\nu;{cell}", await FileBodyAsync(csv));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        using var csv = new BrevoImportCsv(["EXT_ID", "X", "Y"]);
        Assert.True(csv.TryAppend("u", "half \ud83d; pair", new string('x', 4095) + "😀" + "\ude00"));

        Assert.Equal($"EXT_ID;X;Y\nu;\"half \ufffd; pair\";{new string('x', 4095)}😀\ufffd", await FileBodyAsync(csv));
    }

    [Fact]
    public async Task Rows_of_random_values_come_back_from_an_independent_reader()
    {
        const string Alphabet = "ab ;;\"\"\\\n\r\t,'=é김\u2028\u0001\u007f/<>&+";
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var columns = new[] { "EXT_ID" }.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(i => "C" + i.ToString(CultureInfo.InvariantCulture))).ToArray();
            using var csv = new BrevoImportCsv(columns, maxBytes: 1_000_000);
            var expected = new List<string[]> { columns };
            for (var row = random.Next(1, 30); row > 0; row--)
            {
                var cells = columns.Select(_ => RandomText(random, Alphabet)).ToArray();
                cells[0] = "id" + cells[0];
                Assert.True(csv.TryAppend(cells));
                expected.Add(cells);
            }

            var read = CsvReader.Read(await FileBodyAsync(csv));

            Assert.Equal(expected.Count, read.Count);
            Assert.All(expected.Zip(read), pair => Assert.Equal(pair.First.Select(OneLine), pair.Second));
        }
    }

    [Fact]
    public async Task The_byte_count_is_what_stands_in_the_request()
    {
        using var csv = new BrevoImportCsv(["EMAIL", "NAME"]);
        csv.TryAppend("a@example.test", "x;\"\\é\n😀");

        var body = await BodyAsync(csv);

        const string Opening = "{\"fileBody\":\"";
        var end = body.IndexOf("\",\"listIds\"", StringComparison.Ordinal);
        Assert.Equal(csv.ByteCount, Encoding.UTF8.GetByteCount(body[Opening.Length..end]));
    }

    [Fact]
    public async Task A_row_that_does_not_fit_changes_nothing_and_fits_into_the_next_chunk()
    {
        var rows = Enumerable.Range(0, 100).Select(i => $"user-{i}").ToArray();
        using var csv = new BrevoImportCsv(["EXT_ID"], maxBytes: 64);
        var chunks = new List<string>();
        foreach (var row in rows)
        {
            if (csv.TryAppend(row))
            {
                continue;
            }

            var before = csv.ByteCount;
            Assert.False(csv.TryAppend(row));
            Assert.Equal(before, csv.ByteCount);
            chunks.Add(await FileBodyAsync(csv));
            csv.Clear();
            Assert.Equal(0, csv.RowCount);
            Assert.True(csv.TryAppend(row));
        }

        chunks.Add(await FileBodyAsync(csv));

        Assert.True(chunks.Count > 5);
        Assert.All(chunks, chunk => Assert.StartsWith("EXT_ID\n", chunk, StringComparison.Ordinal));
        Assert.Equal(rows, chunks.SelectMany(chunk => CsvReader.Read(chunk).Skip(1).Select(row => row[0])));
    }

    [Fact]
    public void The_cap_is_exact_to_the_byte()
    {
        // The header, an escaped line feed and one letter.
        using var fits = new BrevoImportCsv(["EXT_ID"], maxBytes: 6 + 2 + 1);
        using var tight = new BrevoImportCsv(["EXT_ID"], maxBytes: 6 + 2);

        Assert.True(fits.TryAppend("u"));
        Assert.Equal(9, fits.ByteCount);
        Assert.False(fits.TryAppend("v"));
        Assert.Throws<ArgumentException>(() => tight.TryAppend("u"));
        Assert.Equal(6, tight.ByteCount);
    }

    [Fact]
    public void Escapes_count_toward_the_cap()
    {
        using var csv = new BrevoImportCsv(["EXT_ID"], maxBytes: 100);
        Assert.True(csv.TryAppend("u"));
        var before = csv.ByteCount;

        Assert.True(csv.TryAppend("\"\\"));

        // Line feed, two enclosing quotes, a doubled quote and a backslash, each escaped.
        Assert.Equal(before + 2 + 2 + 4 + 2 + 2, csv.ByteCount);
    }

    [Fact]
    public void A_row_that_can_never_fit_is_an_error_however_long_it_is()
    {
        using var csv = new BrevoImportCsv(["EXT_ID", "X"], maxBytes: 1000);

        Assert.Throws<ArgumentException>(() => csv.TryAppend("u", new string('x', 1001)));
        Assert.Throws<ArgumentException>(() => csv.TryAppend("u", new string(';', 999)));
        Assert.Throws<ArgumentException>(() => csv.TryAppend("u", new string('é', 900)));
        Assert.True(csv.TryAppend("u", "x"));
        Assert.False(csv.TryAppend("u", new string('x', 10_000_000)));
        Assert.Equal(1, csv.RowCount);
    }

    [Fact]
    public void A_chunk_of_the_advised_size_is_filled_to_its_last_row()
    {
        using var csv = new BrevoImportCsv(["EMAIL", "EXT_ID"]);
        var row = 0;
        while (csv.TryAppend($"user{row:0000000}@example.test", $"u{row:0000000}"))
        {
            row++;
        }

        var rowBytes = "\\nuser0000000@example.test;u0000000".Length;
        Assert.Equal((8_000_000 - "EMAIL;EXT_ID".Length) / rowBytes, csv.RowCount);
        Assert.InRange(csv.ByteCount, 8_000_000 - rowBytes, 8_000_000);
    }

    [Fact]
    public void Columns_and_rows_that_Brevo_could_not_use_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv([]));
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["NAME"]));
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["EMAIL", "email "]));
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["EMAIL", ""]));
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["EMAIL", "Blacklisted"]));
        Assert.Throws<ArgumentException>(() => new BrevoImportCsv(["EMAIL"], maxBytes: 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BrevoImportCsv(["EMAIL"], maxBytes: 10_000_001));

        using var csv = new BrevoImportCsv(["EMAIL", "SMS", "NAME"]);
        Assert.Throws<ArgumentException>(() => csv.TryAppend("a@example.test"));
        Assert.Throws<ArgumentException>(() => csv.TryAppend(" ", null, "Jane"));
        Assert.Equal(0, csv.RowCount);
        Assert.True(csv.TryAppend(null, "33612345678", "Jane"));
    }

    [Fact]
    public async Task An_import_without_rows_or_lists_or_with_both_kinds_of_lists_is_refused()
    {
        using var csv = new BrevoImportCsv(["EMAIL"]);
        var client = new FakeBrevo().Client();

        await Refused(new BrevoImport { Source = csv, ListIds = [1] });
        csv.TryAppend("a@example.test");
        await Refused(new BrevoImport { Source = csv });
        await Refused(new BrevoImport { Source = csv, ListIds = [1], NewList = new BrevoNewList("x", 1) });
        await Refused(new BrevoImport { Source = csv, ListIds = [1], UpdateExistingContacts = false, EmptyContactsAttributes = true });
        await Refused(new BrevoImport { Source = csv, ListIds = [1], NotifyUrl = new Uri("ftp://x.test/") });

        async Task Refused(BrevoImport import) => await Assert.ThrowsAsync<ArgumentException>(async () => await client.ImportContactsAsync(import, Token));
    }

    [Fact]
    public async Task An_import_whose_whole_body_is_too_large_is_refused()
    {
        using var csv = new BrevoImportCsv(["EXT_ID"], maxBytes: 10_000_000);
        Assert.True(csv.TryAppend(new string('x', 9_999_980)));
        var brevo = new FakeBrevo();

        var e = await Assert.ThrowsAsync<ArgumentException>(async () => await brevo.Client().ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1] }, Token));

        Assert.Contains("10000000", e.Message, StringComparison.Ordinal);
        Assert.Empty(brevo.Gate.Entered);
        csv.Clear();
    }

    [Fact]
    public async Task Rows_cannot_change_while_they_are_sent_and_their_memory_outlives_a_disposal()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var csv = new BrevoImportCsv(["EXT_ID"]);
        csv.TryAppend("first");
        using var http = new HttpClient(new SlowHandler(taken, go.Task));
        var client = new BrevoClient(http, new FakeBrevo().Options());
        var call = client.ImportContactsAsync(new BrevoImport { Source = csv, ListIds = [1] }, Token);
        await taken.Task.WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.Throws<InvalidOperationException>(() => csv.TryAppend("second"));
        Assert.Throws<InvalidOperationException>(csv.Clear);
        csv.Dispose();
        using var other = new BrevoImportCsv(["EXT_ID"]);
        other.TryAppend("somebody else");
        go.SetResult();

        Assert.Equal(78, await call.WaitAsync(TimeSpan.FromMinutes(2), Token));
        Assert.Throws<ObjectDisposedException>(() => csv.TryAppend("third"));
    }

    [Fact]
    public async Task The_same_rows_can_be_sent_again()
    {
        using var csv = new BrevoImportCsv(["EXT_ID"]);
        csv.TryAppend("u");
        var brevo = new FakeBrevo().Answer(500).Answer(202, """{"processId":1}""");
        var import = new BrevoImport { Source = csv, ListIds = [1] };

        await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().ImportContactsAsync(import, Token));
        await brevo.Client().ImportContactsAsync(import, Token);

        Assert.Equal(brevo.Requests[0], brevo.Requests[1]);
        Assert.True(csv.TryAppend("v"));
    }

    [Fact]
    public async Task A_CSV_that_exists_travels_as_it_is_and_must_be_UTF8()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("EMAIL;\"é\u0001\b\f\"\r\n😀\\", 20_000)));
        using var memory = BrevoImportCsvText.FromUtf8(bytes);
        using var stream = await BrevoImportCsvText.ReadAsync(new MemoryStream(bytes), Token);

        Assert.Equal(Encoding.UTF8.GetString(bytes), await FileBodyAsync(memory));
        Assert.Equal(Encoding.UTF8.GetString(bytes), await FileBodyAsync(stream));
        Assert.Throws<ArgumentException>(() => BrevoImportCsvText.FromUtf8([0xff, 0xfe]));
        Assert.Throws<ArgumentException>(() => BrevoImportCsvText.FromUtf8([]));
        Assert.Throws<ArgumentException>(() => BrevoImportCsvText.FromUtf8("\uFEFF"u8));
        await Assert.ThrowsAsync<ArgumentException>(() => BrevoImportCsvText.ReadAsync(new EndlessStream(), Token));
    }

    [Fact]
    public void JSON_rows_are_cut_at_the_cap_like_CSV_rows()
    {
        using var json = new BrevoImportJson(maxBytes: 100);
        Assert.Throws<ArgumentException>(() => json.TryAppend(null, new BrevoAttributes { { "LTV", BrevoAttributeValue.Number(1) } }));
        Assert.Throws<ArgumentException>(() => json.TryAppend(null, new BrevoAttributes { { "SMS", BrevoAttributeValue.Text(" ") } }));
        Assert.Throws<ArgumentException>(() => json.TryAppend(null, new BrevoAttributes { { "EMAIL", BrevoAttributeValue.Text("a@example.test") } }));
        Assert.Throws<ArgumentException>(() => json.TryAppend(new string('x', 100), []));
        Assert.Equal(0, json.ByteCount);

        Assert.True(json.TryAppend("a@example.test", []));
        Assert.Equal("""{"email":"a@example.test"}""".Length, json.ByteCount);
        Assert.False(json.TryAppend(new string('x', 100), []));
        Assert.True(json.TryAppend("b@example.test", []));
        Assert.Equal("""{"email":"a@example.test"},{"email":"b@example.test"}""".Length, json.ByteCount);
        json.Clear();
        Assert.True(json.TryAppend("c@example.test", []));
        Assert.Equal(1, json.RowCount);
    }

    private static string OneLine(string value)
    {
        var text = value.Replace("\r\n", "\n", StringComparison.Ordinal);
        return string.Concat(text.Select(c => c != '\t' && (char.IsControl(c) || c is '\u2028' or '\u2029') ? ' ' : c));
    }

    private static string RandomText(Random random, string alphabet) =>
        string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => random.Next(20) == 0 ? "😀" : alphabet[random.Next(alphabet.Length)].ToString()));

    private static async Task<string> FileBodyAsync(BrevoImportSource source)
    {
        using var document = JsonDocument.Parse(await BodyAsync(source));
        return document.RootElement.GetProperty("fileBody").GetString()!;
    }

    private static async Task<string> BodyAsync(BrevoImportSource source)
    {
        var brevo = new FakeBrevo().Answer(202, """{"processId":78}""");
        await brevo.Client().ImportContactsAsync(new BrevoImport { Source = source, ListIds = [16] }, Token);
        return brevo.Requests[0][(brevo.Requests[0].IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
    }

    /// <summary>Takes the body over a stream that stops in the middle, and checks at the end that it is still the same.</summary>
    private sealed class SlowHandler(TaskCompletionSource taken, Task go) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var stream = new SlowStream(taken, go);
            await request.Content!.CopyToAsync(stream, cancellationToken);
            Assert.Contains("EXT_ID\\nfirst", Encoding.UTF8.GetString(stream.ToArray()), StringComparison.Ordinal);
            return new HttpResponseMessage(System.Net.HttpStatusCode.Accepted) { Content = new StringContent("""{"processId":78}""") };
        }
    }

    private sealed class SlowStream(TaskCompletionSource taken, Task go) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            taken.TrySetResult();
            await go.WaitAsync(cancellationToken);
            Write(buffer.Span);
        }
    }
}
