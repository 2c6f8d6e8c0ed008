using System.Text;
using Sluice.Configuration.Binding;
using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration;

/// <summary>Reads a config file. Nothing in the file makes it throw: whatever is wrong comes back as problems, all at once.</summary>
public static class ConfigLoader
{
    /// <summary>Largest file that is read.</summary>
    public const int MaxFileBytes = 1 << 20;

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file; relative to the current folder.</param>
    /// <param name="environment">Gives the value of an environment variable, or null when it is not set.</param>
    public static ConfigResult Load(string path, Func<string, string?> environment)
    {
        byte[] bytes;
        string directory;
        try
        {
            directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetPathRoot(Path.GetFullPath(path))!;
            bytes = ReadAtMost(path, MaxFileBytes + 1);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refused(path, "the file does not exist", $"create it, or name another with --config or {ConfigFile.Variable}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Refused(path, "the file cannot be read", "name a file that the user running Sluice may read");
        }

        return bytes.Length > MaxFileBytes
            ? Refused(path, "the file is larger than 1 MB", "make it smaller")
            : Parse(bytes, path, directory, environment);
    }

    /// <summary>Reads and checks a text.</summary>
    /// <param name="bytes">The text in UTF-8, with or without a byte order mark.</param>
    /// <param name="path">The name to report it under.</param>
    /// <param name="directory">The folder that relative paths in it start at.</param>
    /// <param name="environment">Gives the value of an environment variable, or null when it is not set.</param>
    public static ConfigResult Parse(ReadOnlySpan<byte> bytes, string path, string directory, Func<string, string?> environment)
    {
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(WithoutMark(bytes));
            return Bind(YamlDocumentReader.Read(text), path, new ReadContext(environment, directory));
        }
        catch (DecoderFallbackException)
        {
            return Refused(path, "the file is not UTF-8", "save it as UTF-8");
        }
        catch (ConfigSyntaxException exception)
        {
            return Result(path, settings: null, [new ConfigProblem("", exception.Line, exception.Column, exception.Message, exception.Remedy)], []);
        }
    }

    private static ConfigResult Bind(ConfigNode? document, string path, ReadContext context)
    {
        var top = new Place("", document?.Line ?? 1, document?.Column ?? 1);
        var opened = ConfigDefinition.Root.Read(document ?? new MappingNode([], 1, 1), top, context);
        if (!opened.IsValid)
        {
            return Result(path, settings: null, context.Problems, context.Warnings);
        }

        var root = opened.Content;
        var server = root.Section(ConfigDefinition.Server);
        var serverSettings = ServerBinder.Bind(server, context);
        var storage = StorageBinder.Bind(root.Section(ConfigDefinition.Storage), server, context);
        var projects = ProjectBinder.BindAll(root, context);
        ProjectRules.Judge(projects, context);
        var settings = new SluiceSettings(serverSettings, storage, [.. projects.Select(project => project.Settings)]);
        return Result(path, settings, context.Problems, context.Warnings);
    }

    private static ConfigResult Refused(string path, string message, string remedy) =>
        Result(path, settings: null, [new ConfigProblem("", 0, 0, message, remedy)], []);

    private static ConfigResult Result(string path, SluiceSettings? settings, IReadOnlyList<ConfigProblem> problems, IReadOnlyList<ConfigProblem> warnings) =>
        new(path, problems.Count == 0 ? settings : null, problems, warnings);

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;

    // Not File.ReadAllBytes: a pipe or a device has no length to look at first.
    private static byte[] ReadAtMost(string path, int most)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[most];
        return buffer[..file.ReadAtLeast(buffer, most, throwOnEndOfStream: false)];
    }
}
