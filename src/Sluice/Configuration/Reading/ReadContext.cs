using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Reading;

/// <summary>What one reading of one file shares: the environment, the folder that paths are relative to, and what was found wrong.</summary>
internal sealed class ReadContext(Func<string, string?> environment, string baseDirectory)
{
    /// <summary>Aliases can make a small file stand for an endless one; this many entries are read in all.</summary>
    internal const int MaxEntries = 200_000;

    private const int MaxMergeDepth = 16;

    private readonly List<ConfigProblem> _problems = [];
    private readonly List<ConfigProblem> _warnings = [];
    private int _entriesLeft = MaxEntries;

    public Func<string, string?> Environment { get; } = environment;

    public IReadOnlyList<ConfigProblem> Problems => InFileOrder(_problems);

    public IReadOnlyList<ConfigProblem> Warnings => InFileOrder(_warnings);

    public string FullPath(string path) => Path.GetFullPath(path, baseDirectory);

    public void Problem(Place place, string message, string remedy) =>
        _problems.Add(new ConfigProblem(place.Path, place.Line, place.Column, message, remedy));

    public void Warn(Place place, string message, string remedy) =>
        _warnings.Add(new ConfigProblem(place.Path, place.Line, place.Column, message, remedy));

    /// <summary>The items of a sequence, as far as the limit on the whole file allows.</summary>
    public IEnumerable<ConfigNode> Items(SequenceNode sequence, Place place) => sequence.Items.TakeWhile(_ => Spend(place));

    /// <summary>
    /// The entries of a mapping by name, in order, each name once. Duplicates and names that are not text are reported. Entries that come
    /// through a merge key (<c>&lt;&lt;: *anchor</c>) give way to those written here.
    /// </summary>
    public IReadOnlyList<NamedEntry> Entries(MappingNode mapping, Place place)
    {
        var entries = new List<NamedEntry>();
        Collect(mapping, place, [], entries, mergeDepth: 0);
        return entries;
    }

    private void Collect(MappingNode mapping, Place place, HashSet<string> taken, List<NamedEntry> entries, int mergeDepth)
    {
        var here = new HashSet<string>(StringComparer.Ordinal);
        var merges = new List<(ConfigNode Key, ConfigNode Value)>();
        foreach (var (key, value) in mapping.Entries)
        {
            if (!Spend(place))
            {
                return;
            }

            if (key is ScalarNode { IsPlain: true, Text: "<<" })
            {
                merges.Add((key, value));
            }
            else if (key is not ScalarNode { IsNull: false } name)
            {
                Problem(place with { Line = key.Line, Column = key.Column }, "holds a key whose name is not text", "write a name, in quotes if it has special characters");
            }
            else if (!here.Add(name.Text))
            {
                Problem(place.Child(name.Text, key), "is written twice in the same block", "keep one");
            }
            else if (taken.Add(name.Text))
            {
                entries.Add(new NamedEntry(name.Text, name, value, place.Child(name.Text, value), place.Child(name.Text, key)));
            }
        }

        foreach (var (key, value) in merges)
        {
            Merge(key, value, place, taken, entries, mergeDepth);
        }
    }

    private void Merge(ConfigNode key, ConfigNode value, Place place, HashSet<string> taken, List<NamedEntry> entries, int mergeDepth)
    {
        var sources = value is SequenceNode several ? several.Items : [value];
        if (mergeDepth == MaxMergeDepth || sources.Any(source => source is not MappingNode))
        {
            Problem(place.Child("<<", key), "merges something that is not a block, or merges too deeply", "name the anchor of a block: <<: *name");
            return;
        }

        foreach (var source in sources.Cast<MappingNode>())
        {
            if (!Spend(place))
            {
                return;
            }

            Collect(source, place, taken, entries, mergeDepth + 1);
        }
    }

    private bool Spend(Place place)
    {
        if (_entriesLeft == 0)
        {
            _entriesLeft = -1;
            Problem(place, $"the file holds, or its aliases repeat, more than {MaxEntries:N0} entries", "make the file smaller");
        }

        return _entriesLeft > 0 && _entriesLeft-- > 0;
    }

    private static List<ConfigProblem> InFileOrder(List<ConfigProblem> unordered) =>
        [.. unordered.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}

/// <summary>An entry of a mapping whose key is text.</summary>
internal readonly record struct NamedEntry(string Name, ScalarNode Key, ConfigNode Value, Place Place, Place KeyPlace);
