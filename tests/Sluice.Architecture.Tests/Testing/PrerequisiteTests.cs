using Sluice.Testing;

using Xunit.Sdk;

namespace Sluice.Architecture.Tests.Testing;

public sealed class PrerequisiteTests
{
    [Fact]
    public void A_missing_prerequisite_skips_on_a_developers_machine()
    {
        // Not Assert.Throws: that lets a skip pass on and would skip this test.
        try
        {
            Prerequisite.Missing("a browser", onBuildServer: false);
        }
        catch (SkipException skip)
        {
            Assert.EndsWith("Missing prerequisite: a browser", skip.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_prerequisite_fails_on_the_build_server()
    {
        var failure = Assert.Throws<FailException>(() => Prerequisite.Missing("a browser", onBuildServer: true));

        Assert.Equal("Missing prerequisite: a browser", failure.Message);
    }

    [Fact]
    public void A_program_is_found_on_the_path()
    {
        Assert.True(File.Exists(Prerequisite.Program("sh")));
    }

    [Fact]
    public void The_newest_supported_postgres_is_taken_and_then_the_path()
    {
        using var folder = new TempFolder();
        foreach (var bin in new[] { "versions/14/bin", "versions/15/bin", "versions/16/bin", "versions/common/bin", "path" })
        {
            folder.Write(bin + "/initdb", "");
            folder.Write(bin + "/postgres", "");
        }

        folder.Write("versions/17/bin/psql", "");
        folder.Write("empty/psql", "");
        folder.Write("old/14/bin/initdb", "");
        folder.Write("old/14/bin/postgres", "");
        string[] path = [folder.Combine("empty"), folder.Combine("path")];

        Assert.Equal(folder.Combine("versions", "16", "bin"), PostgresBinaries.Find(folder.Combine("versions"), path));
        Assert.Equal(folder.Combine("path"), PostgresBinaries.Find(folder.Combine("none"), path));
        Assert.Null(PostgresBinaries.Find(folder.Combine("old"), [folder.Combine("empty")]));
    }
}
