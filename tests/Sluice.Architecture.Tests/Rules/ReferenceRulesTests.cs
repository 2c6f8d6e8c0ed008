using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class ReferenceRulesTests
{
    [Fact]
    public void The_projects_reference_each_other_only_along_the_arrows()
    {
        var projects = SourceTree.Files.Where(file => file.Extension == ".csproj").Select(ProjectFile.Parse).ToList();

        Assert.Contains(projects, project => project.Name == "Sluice.Core");
        Assert.Contains(projects, project => project.Name == "Sluice" && project.References.Count > 2);
        RuleAssert.Holds(ReferenceRules.Violations(projects));
    }

    [Fact]
    public void Shared_build_files_add_no_references_behind_the_projects_backs()
    {
        var sharedFiles = SourceTree.Files.Where(file => file.Extension is ".props" or ".targets");

        Assert.DoesNotContain(sharedFiles, file => file.Text.Contains("<ProjectReference", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("src", "Sluice.Core", "Sluice.Mixpanel")]
    [InlineData("src", "Sluice.Core", "Sluice.Storage")]
    [InlineData("src", "Sluice.Server", "Sluice.Storage")]
    [InlineData("src", "Sluice.Server", "Sluice.Destinations")]
    [InlineData("src", "Sluice.Server", "Sluice.Brevo")]
    [InlineData("src", "Sluice.Storage", "Sluice.Mixpanel")]
    [InlineData("src", "Sluice.Destinations", "Sluice.Storage")]
    [InlineData("src", "Sluice.Brevo", "Sluice.Core")]
    [InlineData("src", "Sluice.Client", "Sluice.Core")]
    [InlineData("src", "Sluice.Destinations", "Sluice.Simulators")]
    [InlineData("src", "Sluice", "Sluice.Testing")]
    [InlineData("sim", "Sluice.Simulators", "Sluice.Brevo")]
    [InlineData("sim", "Sluice.Simulators", "Sluice.Testing")]
    public void Any_other_arrow_is_a_violation(string area, string from, string to)
    {
        var violations = ReferenceRules.Violations([.. Known(except: from), Project(from, area, references: [to])]);

        Assert.Equal([$"{from} → {to}: no such arrow"], violations);
    }

    [Theory]
    [InlineData("src", "Sluice", "Sluice.Simulators")]
    [InlineData("src", "Sluice", "Sluice.Storage")]
    [InlineData("src", "Sluice.Server", "Sluice.Mixpanel")]
    [InlineData("src", "Sluice.Destinations", "Sluice.Brevo")]
    [InlineData("tests", "Sluice.Core.Tests", "Sluice.Storage")]
    [InlineData("bench", "Sluice.Bench", "Sluice.Testing")]
    public void The_arrows_themselves_are_none(string area, string from, string to)
    {
        Assert.Empty(ReferenceRules.Violations([.. Known(except: from), Project(from, area, references: [to])]));
    }

    [Fact]
    public void A_reference_to_nowhere_is_a_violation()
    {
        var violations = ReferenceRules.Violations([Project("Sluice.Storage", "src", references: ["Sluice.Gone"])]);

        Assert.Equal(["Sluice.Storage → Sluice.Gone: there is no such project"], violations);
    }

    [Theory]
    [InlineData("Sluice.Core")]
    [InlineData("Sluice.Brevo")]
    [InlineData("Sluice.Mixpanel")]
    [InlineData("Sluice.Client")]
    public void A_package_in_a_project_that_brings_nothing_along_is_a_violation(string name)
    {
        var violations = ReferenceRules.Violations([Project(name, "src", packages: ["Dapper"])]);

        Assert.Equal([$"{name} references the package Dapper, and must reference none"], violations);
    }

    [Fact]
    public void The_web_framework_outside_the_server_is_a_violation()
    {
        var violations = ReferenceRules.Violations(
        [
            Project("Sluice.Server", "src", frameworks: ["Microsoft.AspNetCore.App"]),
            Project("Sluice.Storage", "src", frameworks: ["Microsoft.AspNetCore.App"]),
        ]);

        Assert.Equal(["Sluice.Storage references the framework Microsoft.AspNetCore.App"], violations);
    }

    [Fact]
    public void A_new_project_without_a_place_in_the_table_is_a_violation()
    {
        Assert.Single(ReferenceRules.Violations([Project("Sluice.Helpers", "src")]), text => text.StartsWith("Sluice.Helpers is not", StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_a_rule_asks_for_is_read_from_the_project_file()
    {
        var project = ProjectFile.Parse(new SourceFile(
            "src/Sluice.Core/Sluice.Core.csproj",
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup Condition="'$(Some)' == 'thing'">
                <ProjectReference Include="..\Sluice.Brevo\Sluice.Brevo.csproj; ../Sluice.Mixpanel/Sluice.Mixpanel.csproj" />
                <PackageReference Include="Dapper" />
                <FrameworkReference Include="Microsoft.AspNetCore.App" />
                <Compile Include="../Sluice.Server/Secret.cs" />
              </ItemGroup>
            </Project>
            """));

        Assert.Equal("Sluice.Core", project.Name);
        Assert.Equal("src", project.Area);
        Assert.Equal(["Sluice.Brevo", "Sluice.Mixpanel"], project.References);
        Assert.Equal(["Dapper"], project.Packages);
        Assert.Equal(["Microsoft.AspNetCore.App"], project.Frameworks);
        Assert.Equal(["../Sluice.Server/Secret.cs"], project.ForeignSources);
        Assert.Contains("Sluice.Core takes ../Sluice.Server/Secret.cs from outside its folder", ReferenceRules.Violations([project]));
    }

    private static IEnumerable<ProjectFile> Known(string except)
    {
        (string Name, string Area)[] all =
        [
            ("Sluice", "src"), ("Sluice.Mixpanel", "src"), ("Sluice.Brevo", "src"), ("Sluice.Core", "src"), ("Sluice.Client", "src"),
            ("Sluice.Destinations", "src"), ("Sluice.Storage", "src"), ("Sluice.Server", "src"),
            ("Sluice.Simulators", "sim"), ("Sluice.Testing", "tests"),
        ];
        return all.Where(project => project.Name != except).Select(project => Project(project.Name, project.Area));
    }

    private static ProjectFile Project(string name, string area, string[]? references = null, string[]? packages = null, string[]? frameworks = null)
    {
        return new ProjectFile(name, area, references ?? [], packages ?? [], frameworks ?? [], ForeignSources: []);
    }
}
