using System.CommandLine;
using Sluice.Commands;
using Sluice.Testing;

namespace Sluice.Tests.Commands;

/// <summary>What all commands about a project have in common.</summary>
public sealed class CommonTests
{
    private const string Two = """
        server: { data: ./data }
        projects:
          - project: { id: shop }
          - project: { id: blog }
        """;

    [Theory]
    [InlineData("cohorts", "list")]
    [InlineData("runs")]
    [InlineData("dead-letters", "list")]
    [InlineData("suppressions", "list")]
    public async Task With_several_projects_one_has_to_be_named(params string[] command)
    {
        using var folder = new TempFolder();
        await MakeStoreAsync(folder);

        Assert.Equal((2, "The config has several projects: say which with --project. They are: shop, blog.\n"), await RunAsync(folder, Two, command));
        Assert.Equal((3, "The config has no project 'club'. It has: shop, blog.\n"), await RunAsync(folder, Two, [.. command, "--project", "club"]));
        Assert.Equal(0, (await RunAsync(folder, Two, [.. command, "--project", "blog"])).Code);
    }

    [Fact]
    public async Task Without_a_store_says_who_makes_it_and_makes_none()
    {
        using var folder = new TempFolder();

        var (code, error) = await RunAsync(folder, "server: { data: ./data }", ["runs"]);

        Assert.Equal(4, code);
        Assert.Contains("'sluice serve' makes it", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Combine("data")));
    }

    [Fact]
    public async Task Problems_of_the_config_are_told()
    {
        using var folder = new TempFolder();

        var (code, error) = await RunAsync(folder, "storage: { engine: mysql }", ["cohorts", "list"]);

        Assert.Equal(78, code);
        Assert.Contains("storage.engine", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cohorts", "sync", "1")]
    [InlineData("cohorts", "show", "1", "--step", "nowhere")]
    [InlineData("runs", "--limit", "0")]
    [InlineData("runs", "--format", "xml")]
    [InlineData("nonsense")]
    public async Task A_wrong_command_line_has_its_own_code(params string[] command)
    {
        using var folder = new TempFolder();

        Assert.Equal(2, (await RunAsync(folder, "server: { data: ./data }", command)).Code);
    }

    [Fact]
    public async Task Help_names_the_commands_and_the_exit_codes()
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, await SluiceCommand.RunAsync(["--help"], null, new InvocationConfiguration { Output = output }, CommandHome.Token));
        foreach (var part in new[] { "cohorts", "runs", "dead-letters", "suppressions", "explain", "3 not found", "6 in use by another process", "78 config" })
        {
            Assert.Contains(part, output.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_documentation_lists_every_exit_code()
    {
        var page = File.ReadAllText(Repository.Combine("docs/cli.md"));
        foreach (var part in "0 1 2 3 4 5 6 78".Split(' '))
        {
            Assert.Contains($"| {part} |", page, StringComparison.Ordinal);
        }
    }

    private static async Task MakeStoreAsync(TempFolder folder)
    {
        Directory.CreateDirectory(folder.Combine("data"));
        await (await Sluice.Storage.Store.OpenSqliteAsync(folder.Combine("data", "sluice.db"), TimeProvider.System, CommandHome.Token)).DisposeAsync();
    }

    private static async Task<(int Code, string Error)> RunAsync(TempFolder folder, string config, string[] command)
    {
        var file = folder.Write("sluice.yaml", config);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await SluiceCommand.RunAsync(
            [.. command, "--config", file], new CommandHost { Environment = _ => null },
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, CommandHome.Token);
        return (code, error.ToString());
    }
}
