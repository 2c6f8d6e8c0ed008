using System.Text.Json;

using Sluice.Testing;

using Xunit.Sdk;

namespace Sluice.Architecture.Tests.Testing;

public sealed class GoldenTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private Golden Compare => new(_folder.Path, update: false);

    private Golden Update => new(_folder.Path, update: true);

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void Json_is_equal_whatever_the_order_of_keys_and_the_white_space()
    {
        _folder.Write("a.json", CanonicalJson.Format("""{"a":1,"b":{"c":[1,2],"d":null}}"""));

        Compare.MatchesJson("a.json", """
            { "b": { "d": null, "c": [ 1, 2 ] },
              "a": 1 }
            """);
    }

    [Theory]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":null}""", "{}")]
    [InlineData("""{"a":"x"}""", """{"a":"x "}""")]
    [InlineData("""{"a":12345678901234567890}""", """{"a":12345678901234567891}""")]
    public void Json_that_means_something_else_differs(string expected, string actual)
    {
        _folder.Write("a.json", CanonicalJson.Format(expected));

        Assert.Throws<FailException>(() => Compare.MatchesJson("a.json", actual));
    }

    [Fact]
    public void A_key_that_stands_twice_is_no_json_to_compare()
    {
        Assert.ThrowsAny<JsonException>(() => CanonicalJson.Format("""{"a":1,"a":2}"""));
    }

    [Fact]
    public void Only_whole_generated_values_are_scrubbed()
    {
        var scrub = new Dictionary<string, string> { ["41"] = "id" };

        var text = CanonicalJson.Format("""{"41":"41","near":"411","inside":"a 41 b","number":41}""", scrub);

        Assert.Equal("""{"41":"{id}","inside":"a 41 b","near":"411","number":41}""", JsonSerializer.Serialize(JsonDocument.Parse(text)));
    }

    [Fact]
    public void In_text_a_generated_value_is_scrubbed_where_it_is_a_word_of_its_own()
    {
        Update.MatchesText("a.txt", "id 41, 411, x41 and 41.\r\n\n", new Dictionary<string, string> { ["41"] = "$1" });

        Assert.Equal("id {$1}, 411, x41 and {$1}.\n", File.ReadAllText(_folder.Combine("a.txt")));
    }

    [Fact]
    public void The_failure_names_the_first_line_that_differs()
    {
        _folder.Write("a.txt", "one\ntwo\nthree\n");

        var failure = Assert.Throws<FailException>(() => Compare.MatchesText("a.txt", "one\n2\nthree\n"));

        Assert.Contains("Line 2 differs\n  expected: two\n  actual:   2\n", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_ends_early_differs()
    {
        _folder.Write("a.txt", "one\ntwo\n");

        Assert.Throws<FailException>(() => Compare.MatchesText("a.txt", "one\n"));
    }

    [Fact]
    public void A_missing_file_fails_and_is_not_written()
    {
        Assert.Throws<FailException>(() => Compare.MatchesText("a.txt", "one"));

        Assert.False(File.Exists(_folder.Combine("a.txt")));
    }

    [Fact]
    public void An_update_writes_what_then_matches()
    {
        Update.MatchesJson("deep.json", """{"b":1,"a":"é < 😀"}""");

        Compare.MatchesJson("deep.json", """{"a":"é < 😀","b":1}""");
    }
}
