using System.Text.RegularExpressions;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Reading;

/// <summary>Where in the file something stands, and under which key.</summary>
internal readonly partial record struct Place(string Path, int Line, int Column)
{
    public Place Child(string name, ConfigNode at) => new(PathOf(name), at.Line, at.Column);

    public Place Child(string name) => this with { Path = PathOf(name) };

    public Place Item(int index, ConfigNode at) => new($"{Path}[{index}]", at.Line, at.Column);

    private string PathOf(string name) =>
        !SimpleName().IsMatch(name) ? $"{Path}[{Shown.Quoted(name)}]" : Path.Length == 0 ? name : $"{Path}.{name}";

    [GeneratedRegex(@"^[A-Za-z0-9_$*:-]{1,60}\z")]
    private static partial Regex SimpleName();
}
