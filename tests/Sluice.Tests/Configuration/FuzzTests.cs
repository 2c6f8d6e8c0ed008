using System.Text;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

/// <summary>No file makes the loader throw, hang, or answer without an answer.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ": ", "- ", "? ", "&a ", "*a", "<<: *a", "!", "!!", "!!str ", "|", ">", "'", "\"", "\\", "#", " #", "%", "@", "`", ",",
        "\n", "\r\n", "\t", "  ", "---\n", "...\n", "${", "}", "$${", "${SET}", "${UNSET}", "~", "null", "true", "0o17", "-1", "1e999", "99999999999999999999",
        "\0", "\u0085", "\u2028", "\uFEFF", "\uD83D", "é", "🎉", "projects:\n  - ", "lists: { 1: 2 }", "x-a: &a { b: c }\n", "%YAML 1.2\n", "%TAG ! tag:x,2000:\n",
    ];

    [Fact]
    public void Random_mutations_of_a_real_file_never_throw()
    {
        var example = File.ReadAllText(Given.InRepository("docs", "examples", "sluice.yaml"));
        var random = new Random(20_250_101);
        for (var round = 0; round < 3_000; round++)
        {
            var text = new StringBuilder(example);
            for (var mutations = random.Next(1, 12); mutations > 0; mutations--)
            {
                Mutate(text, random);
            }

            AssertAnswers(Encoding.UTF8.GetBytes(text.ToString()), round);
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20_250_102);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            AssertAnswers(bytes, round);
        }
    }

    [Fact]
    public void Random_pieces_of_yaml_never_throw()
    {
        var random = new Random(20_250_103);
        for (var round = 0; round < 5_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            AssertAnswers(Encoding.UTF8.GetBytes(text), round);
        }
    }

    [Fact]
    public void Deep_nesting_is_a_problem_and_does_not_exhaust_the_stack()
    {
        var problem = Assert.Single(Given.Config(new string('[', 1_000_000)).Problems);
        Assert.Equal(("nested deeper than 32 levels", 1, 33), (problem.Message, problem.Line, problem.Column));
        Assert.Equal("nested deeper than 32 levels", Assert.Single(Given.Config(string.Concat(Enumerable.Repeat("{ a: ", 1_000))).Problems).Message);
        Assert.Equal("nested deeper than 32 levels", Assert.Single(Given.Config(string.Concat(Enumerable.Repeat("- ", 1_000))).Problems).Message);
    }

    [Fact]
    public void Aliases_that_multiply_are_a_problem_and_do_not_exhaust_the_memory()
    {
        var yaml = new StringBuilder("x-many: &many { ");
        foreach (var number in Enumerable.Range(0, 5_000))
        {
            yaml.Append("event").Append(number).Append(": a, ");
        }

        yaml.Append("}\nprojects:\n");
        foreach (var number in Enumerable.Range(0, 5_000))
        {
            yaml.Append("  - { project: { id: p").Append(number).Append(" }, event_mapping: *many }\n");
        }

        Assert.Contains(Given.Config(yaml.ToString()).Problems, problem => problem.Message == "the file holds, or its aliases repeat, more than 200,000 entries");
    }

    [Fact]
    public void Merges_that_multiply_are_a_problem_and_do_not_exhaust_the_memory()
    {
        var yaml = new StringBuilder("x-0: &m0 { a: b }\n");
        for (var number = 1; number <= 64; number++)
        {
            yaml.Append("x-").Append(number).Append(": &m").Append(number).Append(" { <<: [ *m").Append(number - 1).Append(", *m").Append(number - 1).Append(" ] }\n");
        }

        yaml.Append("event_mapping: *m64\n");
        Assert.NotEmpty(Given.Config(yaml.ToString()).Problems);
    }

    private static void Mutate(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 30), text.Length - at);
        switch (random.Next(5))
        {
            case 0:
                text.Remove(at, length);
                break;
            case 1:
                text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                break;
            case 2:
                text.Insert(at, text.ToString(at, length));
                break;
            case 3 when at < text.Length:
                text[at] = (char)random.Next(1, 256);
                break;
            default:
                var line = text.ToString().IndexOf('\n', Math.Min(at, text.Length - 1));
                text.Insert(line < 0 ? text.Length : line + 1, new string(' ', random.Next(0, 5)));
                break;
        }
    }

    private static void AssertAnswers(byte[] bytes, int round)
    {
        var result = ConfigLoader.Parse(bytes, "sluice.yaml", Given.Folder, name => name == "UNSET" ? null : "set");
        Assert.True(result.Settings is null == result.Problems.Count > 0, $"round {round}");
        Assert.All(result.Problems.Concat(result.Warnings), finding => Assert.True(finding is { Message.Length: > 0, Remedy.Length: > 0, Line: >= 0, Column: >= 0 }, $"round {round}: {finding}"));
        Assert.NotEmpty(ConfigReport.Summary(result));
        Assert.NotEmpty(ConfigReport.ToJson(result));
    }
}
