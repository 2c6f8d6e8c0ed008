namespace Sluice.Simulators.Mixpanel.App;

/// <summary>A note on a day of the reports.</summary>
internal sealed record Annotation(long Id, string Date, string Description, string User, IReadOnlyList<long> Tags);

/// <summary>A project's annotations and their tags. Callers hold the simulator's lock.</summary>
internal sealed class AnnotationBook
{
    private long _lastId;

    public SortedDictionary<long, Annotation> Entries { get; } = [];

    public SortedDictionary<long, string> Tags { get; } = [];

    public long NextId() => ++_lastId;
}
