using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class SolutionRulesTests
{
    [Fact]
    public void Every_project_is_in_the_solution_and_restores_to_exact_versions()
    {
        var solution = SourceTree.Files.Single(file => file.Path == "Sluice.slnx").Text;

        RuleAssert.Holds(SolutionRules.Violations(solution, SourceTree.Files));
    }

    [Fact]
    public void A_project_outside_the_solution_or_without_a_lock_file_is_a_violation()
    {
        const string Solution = """
            <Solution><Folder Name="/src/"><Project Path="src/A/A.csproj" /><Project Path="src/Gone/Gone.csproj" /></Folder></Solution>
            """;
        SourceFile[] files = [new("src/A/A.csproj", ""), new("src/B/B.csproj", ""), new("src/B/packages.lock.json", "")];

        Assert.Equal(
            [
                "src/A/A.csproj has no packages.lock.json, and a locked restore of it fails",
                "src/B/B.csproj is not in the solution, so nobody builds or tests it",
                "The solution lists src/Gone/Gone.csproj, which is not there",
            ],
            SolutionRules.Violations(Solution, files));
    }
}
