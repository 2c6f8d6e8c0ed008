using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Ingestion.Lookups;

namespace Sluice.Mixpanel.Tests.Ingestion.Lookups;

public sealed class LookupTableReaderTests
{
    [Fact]
    public async Task Rows_become_a_key_and_typed_values()
    {
        var (result, rows) = await ReadAsync(
            "id,name,price,sold,since,tags,note\r\n"
            + "p-1,Chair,19.5,TRUE,2026-01-02T03:04:05+02:00,\"[\"\"a\"\",\"\"b\"\"]\",\"x, \"\"y\"\"\nz\"\r\n"
            + "p-2,Tisch ß,-3,false,,,\r\n");

        Assert.Null(result.Failure);
        Assert.Equal(["id", "name", "price", "sold", "since", "tags", "note"], result.Columns);
        Assert.Equal(2, result.Rows);
        Assert.Equal(
            [
                """1 p-1 {"name":"Chair","price":19.5,"sold":true,"since":"2026-01-02T01:04:05","tags":["a","b"],"note":"x, \"y\"\nz"}""",
                """2 p-2 {"name":"Tisch ß","price":-3,"sold":false}""",
            ],
            rows);
    }

    [Theory]
    [InlineData("5", "5")]
    [InlineData("-0.25", "-0.25")]
    [InlineData("1e3", "1e3")]
    [InlineData("1e999", "\"1e999\"")]
    [InlineData("0", "0")]
    [InlineData("01234", "\"01234\"")]
    [InlineData("1.", "\"1.\"")]
    [InlineData(".5", "\".5\"")]
    [InlineData("-", "\"-\"")]
    [InlineData("1x", "\"1x\"")]
    [InlineData("NaN", "\"NaN\"")]
    [InlineData("+1", "\"+1\"")]
    [InlineData("True", "true")]
    [InlineData("fAlSe", "false")]
    [InlineData("truex", "\"truex\"")]
    [InlineData("2026-01-02T03:04:05Z", "\"2026-01-02T03:04:05\"")]
    [InlineData("2026-01-02T03:04:05.25Z", "\"2026-01-02T03:04:05.25\"")]
    [InlineData("2026-01-02T23:04:05-03:30", "\"2026-01-03T02:34:05\"")]
    [InlineData("2026-13-02T03:04:05Z", "\"2026-13-02T03:04:05Z\"")]
    [InlineData("2026-01-02", "\"2026-01-02\"")]
    [InlineData("\"[]\"", "[]")]
    [InlineData("\"[\"\"a\"\", \"\"é\"\"]\"", "[\"a\",\"é\"]")]
    [InlineData("[1]", "\"[1]\"")]
    [InlineData("\"[\"\"a\"\"\"", "\"[\\\"a\\\"\"")]
    [InlineData("\"[\"\"\\ud800\"\"]\"", "\"[\\\"\\\\ud800\\\"]\"")]
    [InlineData("{}", "\"{}\"")]
    [InlineData("null", "\"null\"")]
    [InlineData(" 5", "\" 5\"")]
    public async Task A_value_has_the_type_that_it_looks_like(string field, string expected)
    {
        var (result, rows) = await ReadAsync($"k,v\n1,{field}\n");

        Assert.Null(result.Failure);
        Assert.Equal($$"""1 1 {"v":{{expected}}}""", Assert.Single(rows));
    }

    [Theory]
    [InlineData("k,v\n1,a\n2,b")]
    [InlineData("k,v\r\n1,a\r\n2,b\r\n")]
    [InlineData("\uFEFFk,v\n\n1,a\n\r\n2,b\n\n")]
    [InlineData("\"k\",\"v\"\n\"1\",\"a\"\n\"2\",\"b\"")]
    public async Task Lines_may_end_in_several_ways(string csv)
    {
        var (result, rows) = await ReadAsync(csv);

        Assert.Null(result.Failure);
        Assert.Equal(["""1 1 {"v":"a"}""", """2 2 {"v":"b"}"""], rows);
    }

    [Theory]
    [InlineData("", "the file must have a header")]
    [InlineData("\n\n", "the file must have a header")]
    [InlineData("k,v,k\n", "the names of the columns must be unique")]
    [InlineData("k, \n", "the name of a column must not be blank")]
    [InlineData("k,v\"\n", "invalid row: a quote stands where none may")]
    public async Task A_bad_header_fails_the_file(string csv, string message)
    {
        var (result, rows) = await ReadAsync(csv);

        Assert.Equal((400, message), (result.Failure!.StatusCode, result.Failure.Message));
        Assert.Empty(result.Failure.Rows);
        Assert.Empty(rows);
    }

    [Theory]
    [InlineData("1,a\n1,b", 2, "invalid row: row indexes 1 and 2 have the same primary key")]
    [InlineData("1,a\n,b", 2, "primary key is required and cannot be blank")]
    [InlineData("  ,b", 1, "primary key is required and cannot be blank")]
    [InlineData("1,a,c", 1, "invalid row: wrong number of fields")]
    [InlineData("1", 1, "invalid row: wrong number of fields")]
    [InlineData("1,a\"b", 1, "invalid row: a quote stands where none may")]
    [InlineData("1,\"a\"b", 1, "invalid row: a quote stands where none may")]
    [InlineData("1,\"a", 1, "invalid row: a quote stands where none may")]
    [InlineData("1,~FF", 1, "v is invalid: string should be valid utf8")]
    [InlineData("1,~00", 1, "v is invalid: string must not hold the character U+0000")]
    public async Task A_bad_row_fails_the_file_and_is_named(string csv, int index, string message)
    {
        var (result, _) = await ReadAsync(Bodies.Raw("k,v\n" + csv));

        Assert.Equal([new FailedLookupRow(index, message)], result.Failure!.Rows);
        Assert.Equal(400, result.Failure.StatusCode);
    }

    [Fact]
    public async Task The_first_ten_bad_rows_are_named_and_no_row_is_handed_over_behind_the_first()
    {
        var csv = "k,v\n0,a\n" + string.Concat(Enumerable.Range(1, 50).Select(i => $"{i}\n{i}x,b\n"));
        var (result, rows) = await ReadAsync(csv);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => 2 + (2 * i)), result.Failure!.Rows.Select(row => row.Index));
        Assert.Single(rows);
        Assert.Equal(1, result.Rows);
    }

    [Fact]
    public async Task Limits_hold()
    {
        var csv = "k,v\n1,a\n2,b\n";

        Assert.Equal(413, (await ReadAsync(csv, new() { MaxBytes = csv.Length - 1 })).Result.Failure!.StatusCode);
        Assert.Null((await ReadAsync(csv, new() { MaxBytes = csv.Length })).Result.Failure);
        Assert.Equal("lookup tables may have at most 1 rows", (await ReadAsync(csv, new() { MaxRows = 1 })).Result.Failure!.Message);
        Assert.Null((await ReadAsync(csv, new() { MaxRows = 2 })).Result.Failure);
        var open = "k,v\n1,\"" + new string('x', 300_000);
        Assert.Equal("a row may have at most 100000 bytes", (await ReadAsync(open, new() { MaxRowBytes = 100_000 })).Result.Failure!.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LookupTableReader(new LookupTableOptions { MaxFailedRows = 0 }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_tables_come_out_as_they_were_written(int seed)
    {
        var random = new Random(seed);
        var json = new RandomJson(random);
        for (var round = 0; round < 200; round++)
        {
            var columns = random.Next(1, 5);
            var table = Enumerable.Range(0, random.Next(1, 40))
                .Select(i => Enumerable.Range(0, columns).Select(c => c == 0 ? $"k{i}{json.Text()}" : "t" + json.Text()).ToArray())
                .ToList();
            var csv = new StringBuilder().AppendJoin(',', Enumerable.Range(0, columns).Select(c => $"c{c}"));
            foreach (var row in table)
            {
                csv.Append(random.Next(2) == 0 ? "\n" : "\r\n").AppendJoin(',', row.Select(field => Quoted(field, random)));
            }

            var (result, rows) = await ReadAsync(csv.ToString());

            Assert.Null(result.Failure);
            Assert.Equal(
                table.Select((row, i) => $"{i + 1} {row[0]} {string.Join('|', row.Skip(1))}"),
                rows.Select(row => Readable(row, columns)));
        }
    }

    [Fact]
    public async Task Where_the_stream_is_cut_into_pieces_does_not_matter()
    {
        var random = new Random(5);
        var csv = new StringBuilder("k,v\n");
        for (var i = 0; i < 3_000; i++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{i},\"{new string('x', random.Next(200))}\"\"\r\n\"\n");
        }

        var (whole, rows) = await ReadAsync(csv.ToString());
        var (pieces, sameRows) = await ReadAsync(Bodies.Utf8(csv.ToString()), null, piece: 7);

        Assert.Null(whole.Failure);
        Assert.Equal(3_000, whole.Rows);
        Assert.Equal((whole.Rows, whole.Failure), (pieces.Rows, pieces.Failure));
        Assert.Equal(rows, sameRows);
    }

    [Fact]
    public async Task Whatever_the_file_there_is_a_result()
    {
        var random = new Random(1);
        var seed = Bodies.Utf8("k,v,w\n1,a,\"x\"\"y\"\n2,\"[\"\"a\"\"]\",5\r\n3,2026-01-02T03:04:05Z,true\n");
        var (good, bad) = (0, 0);
        for (var i = 0; i < 50_000; i++)
        {
            var (result, rows) = await ReadAsync(Mutations.Of(seed, random));
            Assert.Equal(result.Rows, rows.Count);
            good += result.Failure is null ? 1 : 0;
            bad += result.Failure is null ? 0 : 1;
        }

        Assert.True(good > 5_000 && bad > 5_000, $"{good} {bad}");
    }

    private static string Quoted(string field, Random random) =>
        random.Next(2) == 0 || field.AsSpan().IndexOfAny(",\"\r\n") >= 0
            ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : field;

    private static string Readable(string row, int columns)
    {
        var at = row.LastIndexOf(" {", StringComparison.Ordinal);
        using var values = JsonDocument.Parse(row[at..]);
        return $"{row[..at]} {string.Join('|', Enumerable.Range(1, columns - 1).Select(c => values.RootElement.GetProperty($"c{c}").GetString()))}";
    }

    private static Task<(LookupTableResult Result, List<string> Rows)> ReadAsync(string csv, LookupTableOptions? options = null) =>
        ReadAsync(Bodies.Utf8(csv), options);

    private static async Task<(LookupTableResult Result, List<string> Rows)> ReadAsync(
        byte[] csv, LookupTableOptions? options = null, int piece = int.MaxValue)
    {
        var rows = new List<string>();
        await using var stream = new Cohorts.ChunkedStream(csv, piece);
        var result = await new LookupTableReader(options).ReadAsync(
            stream,
            (row, _) =>
            {
                rows.Add($"{row.Index} {row.Key} {Bodies.Text(row.Values)}");
                return ValueTask.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        return (result, rows);
    }
}
