using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Commands.Export;

/// <summary>How far an export into a file has come, kept beside it.</summary>
/// <param name="Question">What is exported; another question does not go on with these bytes.</param>
/// <param name="Done">The last day that is whole in the file; null when none is.</param>
/// <param name="Length">The bytes of the file that belong to whole days.</param>
internal sealed record ExportState(ExportQuestion Question, DateOnly? Done, long Length, long Records, long Damaged)
{
    /// <exception cref="CommandException">The file is no state of an export.</exception>
    public static ExportState? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ExportJson.Default.ExportState) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCode.Failed, $"{file} cannot be read: {e.Message} Begin again with --restart.");
        }
    }

    /// <summary>When this returns it is on disk; a kill in the midst of it leaves what was there before.</summary>
    public void Write(string file)
    {
        var next = file + ".new";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, ExportJson.Default.ExportState));
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }
}

/// <summary>What an export asks for, and how it is written down.</summary>
internal sealed record ExportQuestion(string Project, DateOnly From, DateOnly To, string Events, string? Where, bool Gzip);

[JsonSerializable(typeof(ExportState))]
[JsonSourceGenerationOptions(WriteIndented = true)]
internal sealed partial class ExportJson : JsonSerializerContext;
