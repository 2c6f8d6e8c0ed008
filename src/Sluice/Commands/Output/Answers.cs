using System.Text.Json.Serialization;

namespace Sluice.Commands.Output;

/// <summary>How many, for one reason.</summary>
internal sealed record ReasonCount(string Reason, long Count)
{
    public static IReadOnlyList<ReasonCount> Of(IReadOnlyDictionary<string, long> counts) => [.. counts.Select(c => new ReasonCount(c.Key, c.Value))];

    public static string Text(IEnumerable<ReasonCount> counts) => string.Join(", ", counts.Select(c => $"{CommandConsole.Number(c.Count)} {c.Reason}"));
}

internal sealed record CohortListAnswer(string Project, SlotsAnswer RecurringSlots, IReadOnlyList<CohortAnswer> Cohorts, IReadOnlyList<string> WaitingSources);

/// <param name="Quiet">Recurring cohorts of which no page has come for more than two hours.</param>
internal sealed record SlotsAnswer(int InUse, int Limit, int Quiet);

/// <param name="State"><c>syncing</c>, <c>recurring</c> or <c>oneTime</c>.</param>
internal sealed record CohortAnswer(
    string Id,
    string Name,
    string Slug,
    string? Description,
    long Members,
    string State,
    bool Recurring,
    bool Quiet,
    SyncingAnswer? Syncing,
    DateTimeOffset FirstPageAt,
    DateTimeOffset LastPageAt,
    IReadOnlyList<long> Lists);

internal sealed record SyncingAnswer(int Pages, int TotalPages, DateTimeOffset StartedAt);

internal sealed record CohortShowAnswer(
    string Project, CohortAnswer Cohort, IReadOnlyList<FedListAnswer> Lists, string Mapping, IReadOnlyList<FunnelAnswer> Funnels, MissedAnswer? Missed);

/// <param name="Held">Removals that wait for a person.</param>
internal sealed record FedListAnswer(
    long ListId, string? Name, string Mode, IReadOnlyList<string> Sources, double MaxRemoval, long Held, DateTimeOffset? WalkedAt);

internal sealed record FunnelAnswer(long? ListId, string? Mode, IReadOnlyList<FunnelStepAnswer> Steps);

internal sealed record FunnelStepAnswer(string Step, long Count, IReadOnlyList<ReasonCount> Missed);

internal sealed record MissedAnswer(string Step, long Count, IReadOnlyList<MissedPersonAnswer> People);

internal sealed record MissedPersonAnswer(string? DistinctId, long? ListId, string Reason, string? Detail);

internal sealed record SyncAnswer(
    string CohortId,
    string CohortName,
    long MembersCount,
    long SyncedToBrevo,
    long ListId,
    string Mode,
    string State,
    long RemovalsHeld,
    long Added,
    long Removed,
    long Updated,
    long Refused,
    long Calls,
    IReadOnlyList<ReasonCount> Skipped,
    IReadOnlyList<string> Runs,
    string? Note);

internal sealed record SyncPreviewAnswer(
    bool DryRun,
    string CohortId,
    string CohortName,
    long MembersCount,
    long ListId,
    string? ListName,
    string Mode,
    string Mapping,
    long Additions,
    long KnownAdditions,
    long Updates,
    long Removals,
    long SuppressedRemovals,
    bool RemovalsHeld,
    long Unchanged,
    long Waiting,
    long ProblemValues,
    IReadOnlyList<ReasonCount> Skipped,
    IReadOnlyList<string> AttributesToCreate,
    IReadOnlyList<CallShapeAnswer> Shapes);

/// <param name="Seconds">Of the budget of Brevo's contacts endpoints at its published rate; Brevo's own time for an import comes on top.</param>
internal sealed record CallShapeAnswer(string Shape, long? Calls, double? Seconds, bool Taken);

internal sealed record RunListAnswer(string Project, IReadOnlyList<RunAnswer> Runs);

internal sealed record RunAnswer(
    string Id, long? ListId, string Kind, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, long> Counts, string? Note,
    string Destination);

internal sealed record LetterListAnswer(string Project, IReadOnlyList<LetterAnswer> DeadLetters);

internal sealed record LetterAnswer(
    string Id, string State, string Origin, string Reason, string Detail, string? Subject, string Payload, DateTimeOffset CreatedAt);

internal sealed record RetryAnswer(string Project, int Retried);

internal sealed record SuppressionListAnswer(string Project, IReadOnlyList<SuppressionAnswer> Suppressions);

/// <param name="ListId">0 for all lists.</param>
internal sealed record SuppressionAnswer(string? Email, string? Phone, long ListId, string Reason, string Source, DateTimeOffset At);

internal sealed record SuppressionRemovedAnswer(string Project, string? Email, string? Phone, int Removed);

internal sealed record ExplainAnswer(
    string Project,
    string DistinctId,
    ProfileAnswer? Profile,
    string Mapping,
    BlockedAnswer? NotContactable,
    ContactAnswer? Contact,
    IReadOnlyList<ListReasonAnswer> Lists,
    IReadOnlyList<GroupStayAnswer> UserGroups,
    IReadOnlyList<SuppressionAnswer> Suppressions,
    IReadOnlyList<LetterAnswer> DeadLetters);

internal sealed record BlockedAnswer(string Reason, string? Detail);

internal sealed record ProfileAnswer(System.Text.Json.JsonElement Properties, long Revision, DateTimeOffset FirstSeen);

/// <param name="UpToDate">The destination has the attributes as they are now.</param>
internal sealed record ContactAnswer(long? BrevoId, string? Email, string State, string? Reason, long Revision, bool UpToDate);

/// <param name="In">Null: perhaps.</param>
internal sealed record ListReasonAnswer(
    long ListId, string? Name, string Mode, bool Configured, bool? In, bool Wanted, string Reason, string? Detail, DateTimeOffset? Since, string? RunId,
    RunAnswer? Run);

internal sealed record GroupStayAnswer(string CohortId, string? Name, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <param name="Origin"><c>received</c>, <c>pulled</c>, <c>destination</c> or <c>forwarded</c>.</param>
internal sealed record EventAnswer(string Event, DateTimeOffset Time, string DistinctId, string Origin, System.Text.Json.JsonElement Properties);

internal sealed record IntakeCountListAnswer(string Project, IReadOnlyList<IntakeCountAnswer> Counts);

internal sealed record IntakeCountAnswer(string Way, string Outcome, string Name, long Records, long Bytes, DateTimeOffset LastMinute);

/// <param name="Skipped">Records that an earlier run had done.</param>
internal sealed record ImportAnswer(
    string Project, int Files, long Read, long Stored, long Duplicates, long Refused, long Ignored, long Skipped, IReadOnlyList<ReasonCount> Reasons,
    string? RefusedFile);

/// <param name="SpeaksForAll">The id under which a destination has the person.</param>
internal sealed record PersonIdsAnswer(string SpeaksForAll, IReadOnlyList<string> Ids);

/// <param name="State"><c>followed</c>, <c>refused</c> or <c>undone</c>.</param>
internal sealed record ClaimAnswer(string Claim, string Kind, string Id, string Other, string State, string? Reason, DateTimeOffset At);

internal sealed record IdentityAnswer(string Project, string DistinctId, PersonIdsAnswer Person, IReadOnlyList<ClaimAnswer> Claims);

/// <param name="Done">False: these people would be left.</param>
internal sealed record UndoAnswer(string Project, string Claim, bool Done, IReadOnlyList<PersonIdsAnswer> People);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CohortListAnswer))]
[JsonSerializable(typeof(CohortShowAnswer))]
[JsonSerializable(typeof(SyncAnswer))]
[JsonSerializable(typeof(SyncPreviewAnswer))]
[JsonSerializable(typeof(RunListAnswer))]
[JsonSerializable(typeof(LetterListAnswer))]
[JsonSerializable(typeof(RetryAnswer))]
[JsonSerializable(typeof(SuppressionListAnswer))]
[JsonSerializable(typeof(SuppressionRemovedAnswer))]
[JsonSerializable(typeof(ExplainAnswer))]
[JsonSerializable(typeof(EventAnswer))]
[JsonSerializable(typeof(IntakeCountListAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(IdentityAnswer))]
[JsonSerializable(typeof(UndoAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    private static AnswerJson? _readable;
    private static AnswerJson? _lines;

    /// <summary>The same on one line, for what has no end.</summary>
    public static AnswerJson Lines => _lines ??= new AnswerJson(new System.Text.Json.JsonSerializerOptions(Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = false,
    });

    /// <summary>Writes people's names as they are: the output is for files and programs, not for a page.</summary>
    public static AnswerJson Readable => _readable ??= new AnswerJson(new System.Text.Json.JsonSerializerOptions(Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    });
}
