namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>The choices of an attribute, found by a text without a string for it: exactly first, then whatever the case.</summary>
internal sealed class ChoiceTable
{
    private readonly Dictionary<string, int> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _anyCase = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _findExact;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _findAnyCase;

    /// <summary>Makes a table.</summary>
    /// <param name="values">What is sent for each choice.</param>
    /// <param name="labels">What people call each choice; a label goes before another choice's value of the same text.</param>
    public ChoiceTable(IReadOnlyList<string> values, IReadOnlyList<string?> labels)
    {
        Values = values;
        foreach (var names in new[] { labels, values })
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (!string.IsNullOrEmpty(names[i]))
                {
                    _exact.TryAdd(names[i]!, i);
                    _anyCase.TryAdd(names[i]!, i);
                }
            }
        }

        _findExact = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _findAnyCase = _anyCase.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public IReadOnlyList<string> Values { get; }

    public bool TryFind(ReadOnlySpan<char> text, out int index) => _findExact.TryGetValue(text, out index) || _findAnyCase.TryGetValue(text, out index);
}
