namespace Sluice.Configuration.Yaml;

/// <summary>The text is not a YAML document that Sluice reads; nothing behind this place can be trusted.</summary>
internal sealed class ConfigSyntaxException(string message, string remedy, int line, int column) : Exception(message)
{
    public string Remedy { get; } = remedy;

    public int Line { get; } = line;

    public int Column { get; } = column;
}
