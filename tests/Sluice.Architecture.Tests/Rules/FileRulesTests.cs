using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class FileRulesTests
{
    [Fact]
    public void No_file_names_a_path_of_one_machine_or_a_package_host()
    {
        RuleAssert.Holds(SourceTree.Files.SelectMany(FileRules.PlaceViolations));
    }

    [Fact]
    public void No_source_is_long_without_saying_why()
    {
        RuleAssert.Holds(SourceTree.Files.SelectMany(FileRules.LengthViolations));
    }

    [Fact]
    public void The_tree_that_is_read_is_the_repository_without_what_git_ignores()
    {
        Assert.Contains(SourceTree.Files, file => file.Path == "Sluice.slnx");
        Assert.Contains(SourceTree.Files, file => file.Path == "build/test.sh");
        Assert.DoesNotContain(SourceTree.Files, file => file.Path.StartsWith("artifacts/", StringComparison.Ordinal));
        Assert.DoesNotContain(SourceTree.Files, file => file.Path.StartsWith(".git/", StringComparison.Ordinal));
        Assert.DoesNotContain(SourceTree.Files, file => file.Path.Contains("/node_modules/", StringComparison.Ordinal));
    }

    // The bad samples stand in pieces, because this file is read by the rule too.
    [Theory]
    [InlineData("src/A.cs", "var x = \"/" + "work/main/a\";")]
    [InlineData("tests/A.cs", "var x = \"/" + "root/a\";")]
    [InlineData("docs/a.md", "See /" + "home/someone/a")]
    [InlineData("src/A.cs", "var x = \"/tmp/a\";")]
    [InlineData("build/a.sh", "out=/tmp/a")]
    [InlineData("docs/a.md", "from https://api.nuget" + ".org/v3")]
    [InlineData("sdk/package-lock.json", "\"resolved\": \"https://registry.npmjs" + ".org/a\"")]
    [InlineData("build/a.sh", "http://deb." + "debian.org")]
    public void A_path_or_a_host_is_a_violation(string path, string text)
    {
        Assert.Single(FileRules.PlaceViolations(new SourceFile(path, "first line\n" + text)), violation => violation.StartsWith(path + ":2:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("src/A.cs", "var x = \"https://host/work/a\" + folder + \"/network/a\";")]
    [InlineData("src/A.cs", "var x = $\"{folder}/root/a\"; // ./root/a")]
    [InlineData("tests/A.cs", "var x = \"/tmp/a\";")]
    [InlineData("docs/a.md", "for instance /tmp/a")]
    public void Other_paths_are_none(string path, string text)
    {
        Assert.Empty(FileRules.PlaceViolations(new SourceFile(path, text)));
    }

    [Theory]
    [InlineData(401, "", ".cs", 1)]
    [InlineData(400, "", ".cs", 0)]
    [InlineData(400, "\n", ".cs", 0)]
    [InlineData(500, "\n// Long because: one table of remote codes.", ".cs", 0)]
    [InlineData(500, "\n-- Long because: the first version of the whole schema.", ".sql", 0)]
    [InlineData(500, "\n// Long because: ", ".cs", 1)]
    [InlineData(500, "\nvar text = \"Long because: no comment\";", ".cs", 1)]
    [InlineData(500, "", ".md", 0)]
    public void A_long_source_without_a_reason_is_a_violation(int lines, string end, string extension, int violations)
    {
        var text = string.Join('\n', Enumerable.Repeat("x", lines)) + end;

        Assert.Equal(violations, FileRules.LengthViolations(new SourceFile("src/A" + extension, text)).Count());
    }
}
