using System.Text.RegularExpressions;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

/// <summary>One table of keys: what reads the file, the schema, the documentation and the example must agree on it.</summary>
public sealed partial class DefinitionTests
{
    private const string Begin = "<!-- reference: generated -->\n";
    private const string End = "<!-- end of reference -->\n";

    public static TheoryData<string> Keys => [.. ConfigReference.Keys];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_is_read(string key)
    {
        // No key takes a list of lists of lists.
        var result = Given.Config(Nest(key, "[ [ [ ] ] ]"));
        var path = FreeName().Replace(key, "name").Replace("[]", "[0]", StringComparison.Ordinal);
        Assert.Contains(result.Problems.Concat(result.Warnings), finding => finding.Key == path || finding.Key.StartsWith($"{path}[", StringComparison.Ordinal));
    }

    [Fact]
    public void The_schema_for_editors_is_up_to_date() => AssertUpToDate(["docs", "sluice.schema.json"], _ => ConfigSchema.ToJson());

    [Fact]
    public void The_reference_in_the_documentation_is_up_to_date() =>
        AssertUpToDate(
            ["docs", "configuration.md"],
            page =>
            {
                var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
                var end = page.IndexOf(End, StringComparison.Ordinal);
                Assert.InRange(begin, Begin.Length, end);
                return $"{page[..begin]}\n{ConfigReference.ToMarkdown()}\n{page[end..]}";
            });

    [Fact]
    public void The_documentation_names_every_key()
    {
        var page = File.ReadAllText(Given.InRepository("docs", "configuration.md"));
        Assert.All(
            ConfigReference.Keys.Where(key => !key.StartsWith("projects[].", StringComparison.Ordinal)),
            key => Assert.Contains($"| `{key}` |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_example_loads_without_a_finding_and_shows_every_key_in_use()
    {
        var file = Given.InRepository("docs", "examples", "sluice.yaml");
        var result = ConfigLoader.Load(file, name => $"value-of-{name}-long-enough");
        Assert.Equal("", ConfigReport.ToText(result));

        var text = File.ReadAllText(file);
        Assert.All(
            ConfigReference.Keys.Where(key => !IsUnused(key) && !key.StartsWith("projects", StringComparison.Ordinal)),
            key => Assert.Matches($@"(?m)(^|[\s{{#]){Regex.Escape(key[(key.LastIndexOf('.') + 1)..])}:", text));
    }

    [Fact]
    public void The_yaml_in_the_documentation_loads_without_a_problem()
    {
        var page = File.ReadAllText(Given.InRepository("docs", "configuration.md"));
        var blocks = YamlBlock().Matches(page).Select(match => match.Groups["yaml"].Value).ToList();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, yaml => Assert.Equal("", ConfigReport.ToText(ConfigLoader.Parse(System.Text.Encoding.UTF8.GetBytes(yaml), "page", Given.Folder, name => $"value-of-{name}-long-enough"))));
    }

    private static bool IsUnused(string key) => Given.Config(Nest(key, "1")).Warnings.Any(warning => warning.Message == "is not used by this version");

    private static string Nest(string key, string value)
    {
        var yaml = value;
        foreach (var part in FreeName().Replace(key, "name").Split('.').Reverse())
        {
            yaml = part.EndsWith("[]", StringComparison.Ordinal) ? $"{{ {part[..^2]}: [ {yaml} ] }}" : $"{{ {part}: {yaml} }}";
        }

        return yaml;
    }

    private static void AssertUpToDate(string[] path, Func<string, string> generate)
    {
        var file = Given.InRepository(path);
        var present = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        var generated = generate(present);
        if (Environment.GetEnvironmentVariable("SLUICE_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, generated);
            return;
        }

        Assert.True(generated == present, $"{string.Join('/', path)} is out of date; run the tests once with SLUICE_UPDATE_GOLDEN=1.");
    }

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex FreeName();

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
