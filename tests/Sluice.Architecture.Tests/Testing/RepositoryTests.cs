using Sluice.Testing;

namespace Sluice.Architecture.Tests.Testing;

public sealed class RepositoryTests
{
    [Fact]
    public void The_root_is_where_the_solution_lies()
    {
        Assert.True(File.Exists(Repository.Combine("Sluice.slnx")));
    }

    [Fact]
    public void The_places_are_tried_in_turn_upwards()
    {
        using var folder = new TempFolder();
        folder.Write("house/Sluice.slnx", "");
        folder.Write("house/deep/er/a.txt", "");

        Assert.Equal(folder.Combine("house"), Repository.FindRoot([folder.Path, folder.Combine("house", "deep", "er")]));
    }

    [Fact]
    public void No_solution_anywhere_is_an_error_that_names_the_places()
    {
        using var folder = new TempFolder();

        var error = Assert.Throws<DirectoryNotFoundException>(() => Repository.FindRoot([folder.Path]));

        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
    }
}
