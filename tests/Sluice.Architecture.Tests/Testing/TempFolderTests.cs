using System.Runtime.Versioning;

using Sluice.Testing;

namespace Sluice.Architecture.Tests.Testing;

[SupportedOSPlatform("linux")]
public sealed class TempFolderTests
{
    [Fact]
    public void The_folder_is_new_private_and_goes_away_with_its_content()
    {
        string path;
        using (var folder = new TempFolder())
        {
            path = folder.Path;
            var file = folder.Write("deep/er/a.txt", "text");

            Assert.Equal(folder.Combine("deep", "er", "a.txt"), file);
            Assert.Equal("text", File.ReadAllText(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void A_test_may_delete_the_folder_itself()
    {
        using var folder = new TempFolder();

        Directory.Delete(folder.Path);
    }
}
