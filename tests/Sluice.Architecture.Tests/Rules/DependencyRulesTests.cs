using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class DependencyRulesTests
{
    [Fact]
    public void Every_package_has_a_row_in_the_document_and_every_row_a_package()
    {
        var central = DependencyRules.CentralPackages(Text("Directory.Packages.props")).ToList();
        var node = SourceTree.Files.Where(file => Path.GetFileName(file.Path) == "package.json")
            .SelectMany(file => DependencyRules.NodePackages(file.Text));

        Assert.NotEmpty(central);
        RuleAssert.Holds(DependencyRules.Violations(central.Concat(node), Text("docs/dependencies.md")));
    }

    [Fact]
    public void A_package_without_a_row_and_a_row_without_a_package_are_violations()
    {
        const string Document = """
            ## What we use
            | package | why |
            | --- | --- |
            | `Kept` | is used |
            | `Gone` | was used |

            ## What we would use
            | `Other` | not here |
            """;

        Assert.Equal(
            ["docs/dependencies.md has no row for New", "docs/dependencies.md has no row for Other", "docs/dependencies.md has a row for Gone, which is not used"],
            DependencyRules.Violations(["Kept", "New", "Other"], Document));
        Assert.Single(DependencyRules.Violations([], "Some other text"));
    }

    [Fact]
    public void Packages_of_both_registries_are_read()
    {
        const string Props = """
            <Project>
              <ItemGroup><GlobalPackageReference Include="Analyzer" Version="1.0.0" /></ItemGroup>
              <ItemGroup><PackageVersion Include="Library" Version="2.0.0" /></ItemGroup>
            </Project>
            """;

        Assert.Equal(["Analyzer", "Library"], DependencyRules.CentralPackages(Props));
        Assert.Equal(["@a/b", "c"], DependencyRules.NodePackages("""{"name":"x","dependencies":{"@a/b":"1.0.0"},"devDependencies":{"c":"2.0.0"}}"""));
    }

    private static string Text(string path)
    {
        return SourceTree.Files.Single(file => file.Path == path).Text;
    }
}
