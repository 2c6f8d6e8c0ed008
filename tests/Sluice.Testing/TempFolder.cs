namespace Sluice.Testing;

/// <summary>A new, empty folder that only this user can read. It is deleted with everything in it on dispose.</summary>
public sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-test-");

    /// <summary>The full path.</summary>
    public string Path => _folder.FullName;

    /// <summary>The full path of a file or folder in it; nothing is created.</summary>
    public string Combine(params ReadOnlySpan<string> parts)
    {
        return System.IO.Path.Combine([Path, .. parts]);
    }

    /// <summary>Writes a text file, with the folders above it, and returns its full path.</summary>
    public string Write(string name, string text)
    {
        var path = Combine(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
