using System.Text.Json.Serialization;

namespace Sluice.Core.Pull;

/// <summary>Where a pull of cohorts stands.</summary>
internal sealed record CohortPlace
{
    /// <summary>The run that it is of: another run begins a round of its own.</summary>
    public string? Run { get; init; }

    /// <summary>The cohorts of this round; null: they have not been asked for.</summary>
    public IReadOnlyList<RemoteCohort>? Round { get; init; }

    /// <summary>Which of them is next.</summary>
    public int Next { get; init; }

    /// <summary>How far that one has come; null: not begun.</summary>
    public SessionPlace? Session { get; init; }

    /// <summary>By cohort, when the last page was stored that was fetched here: a later one was sent by Mixpanel itself.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Fetched { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>How often Mixpanel has not answered for the next one since it got further.</summary>
    public int Failures { get; init; }

    /// <summary>By cohort, when it was last put off because Mixpanel did not answer for it.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> PutOff { get; init; } = new Dictionary<string, DateTimeOffset>();
}

/// <summary>Where a session stands: ours, which the user group's pages have, and Mixpanel's, under which it keeps its answer.</summary>
/// <param name="Id">Ours; null before Mixpanel is asked.</param>
/// <param name="Received">How many records the pages had so far.</param>
/// <param name="Total">How many all have, as the first page said.</param>
/// <param name="Begun">How many sessions have been begun of this cohort in this round.</param>
/// <param name="ShortBefore">How many records an earlier session ended with although it had promised more.</param>
internal sealed record SessionPlace(string? Id, string? Remote, int Page, long Received, long? Total, int Begun, long? ShortBefore);

/// <summary>Where a pull of events stands.</summary>
/// <param name="Run">The run that <paramref name="Day"/> and <paramref name="Until"/> are of.</param>
/// <param name="From">The first day that has been fetched.</param>
/// <param name="Done">The last day that is complete.</param>
/// <param name="Day">The next day of the run; null: it has come to its end.</param>
/// <param name="Until">The last day of the run.</param>
/// <param name="Names">The events that are complete up to <paramref name="Done"/>: all when empty; null where that was not kept.</param>
/// <param name="Remote">Mixpanel's number of the project that all of it is about; null where that was not known: then it is the present one.</param>
internal sealed record EventPlace(string Run, DateOnly From, DateOnly? Done, DateOnly? Day, DateOnly Until, IReadOnlyList<string>? Names, string? Remote = null);

/// <summary>Where a pull of profiles stands.</summary>
/// <param name="Run">The run that it is of.</param>
/// <param name="Remote">Under which Mixpanel keeps its answer; null: it has to be asked anew.</param>
/// <param name="Begun">How many answers have been asked for in this run.</param>
/// <param name="AskedAt">When Mixpanel was asked, by the store's clock.</param>
internal sealed record ProfilePlace(string Run, string? Remote, int Page, long Received, long? Total, int Begun, DateTimeOffset? AskedAt);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CohortPlace))]
[JsonSerializable(typeof(EventPlace))]
[JsonSerializable(typeof(ProfilePlace))]
internal sealed partial class PullJson : JsonSerializerContext;
