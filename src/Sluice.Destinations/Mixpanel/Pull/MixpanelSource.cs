using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Core.Pull;
using Sluice.Mixpanel.Client;
using Sluice.Mixpanel.Ingestion;
using CoreMode = Sluice.Core.Identity.IdentityMode;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>Reads a Mixpanel project through its query and export APIs. Whatever goes wrong is told as what follows from it.</summary>
/// <param name="project">Our project.</param>
/// <param name="remoteProject">Mixpanel's number of its project; empty where the credentials alone tell it.</param>
/// <param name="budget">What calls are kept in; null: somebody waits for them, and takes what is there.</param>
/// <param name="shiftedTo">The time zone into which Mixpanel shifts the times of this project's exports; null: it does not.</param>
public sealed class MixpanelSource(
    string project, string remoteProject, CoreMode identity, MixpanelQueryClient queries, MixpanelExportClient exports, PulledRecords records, TimeProvider time, JobBudget? budget,
    TimeZoneInfo? shiftedTo = null)
    : IMixpanelSource
{
    // Of the rows of a script that cannot be used, so many are shown to a person.
    private const int MostKept = 10;

    private readonly PulledEvents _events = new(records, identity, time, new ExportClock(shiftedTo));

    /// <inheritdoc/>
    public Task<IReadOnlyList<RemoteCohort>> CohortsAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<RemoteCohort>>(
        async () =>
        [
            .. (await queries.CohortsAsync(cancellationToken)).Select(c => new RemoteCohort(
                c.Id.ToString(CultureInfo.InvariantCulture), c.Name, c.Description.Length == 0 ? null : c.Description, c.Count, c.IsVisible)),
        ]);

    /// <inheritdoc/>
    public async Task<SourcePage<CohortPage>> CohortPageAsync(
        RemoteCohort cohort, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken)
    {
        if (!long.TryParse(cohort.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            throw new MixpanelSourceException($"{cohort.Id} is no id of a cohort: Mixpanel's are numbers.") { Problem = SourceProblem.BadQuestion };
        }

        var question = new ProfileQuery { Cohort = id, IncludeAllUsers = true, OutputProperties = properties };
        var page = await PageAsync(question, place, cancellationToken);
        return Page(page, await MembersAsync(cohort, page.Profiles, page.Unusable));
    }

    /// <inheritdoc/>
    public async Task<SourcePage<ProfileUpdates>> ProfilePageAsync(
        string? where, IReadOnlyList<string>? properties, PagePlace? place, CancellationToken cancellationToken)
    {
        var page = await PageAsync(new ProfileQuery { Where = where, OutputProperties = properties }, place, cancellationToken);
        var updates = new List<ProfileUpdate>(page.Profiles.Count);
        var refused = page.Unusable.Select(row => Refused("It has no $distinct_id that can be read", row)).ToList();
        foreach (var profile in page.Profiles)
        {
            try
            {
                updates.Add(Update(profile, updates.Count));
            }
            catch (Exception e) when (e is InvalidOperationException or JsonException)
            {
                refused.Add(Refused("A name or a text of the profile holds half of a surrogate pair, or a value is nested too deep", profile.Properties));
            }
        }

        return Page(page, new ProfileUpdates(project, identity, updates)) with { Refused = refused };
    }

    /// <inheritdoc/>
    public async Task<TimeSpan> RestAsync(long pagesLeft, long later, CancellationToken cancellationToken)
    {
        if (budget is null)
        {
            return TimeSpan.Zero;
        }

        var now = await budget.KeepAsync(MixpanelBudget.Query, pagesLeft + later, cancellationToken);
        return pagesLeft <= 1 || pagesLeft <= now ? TimeSpan.Zero : JobBudget.Pace;
    }

    /// <inheritdoc/>
    public Task KeepQueriesAsync(long queries, CancellationToken cancellationToken) => budget?.KeepAsync(MixpanelBudget.Query, queries, cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public Task KeepExportsAsync(long exports, CancellationToken cancellationToken) => budget?.KeepAsync(MixpanelBudget.Export, exports, cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public Task ReleaseAsync(CancellationToken cancellationToken) => budget?.ReleaseAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async IAsyncEnumerable<SourceEvents> EventsAsync(DateOnly day, IReadOnlyList<string> names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var export = exports.ExportAsync(new ExportRequest(day, day) { Events = names.Count == 0 ? null : names }, cancellationToken);
        await using var parts = _events.ReadAsync(export).GetAsyncEnumerator(cancellationToken);
        while (await AskAsync(() => parts.MoveNextAsync().AsTask()))
        {
            yield return parts.Current;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<JqlRow> JqlAsync(string script, string key, IReadOnlyList<string> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var unusable = 0;
        await using var rows = queries.JqlAsync(script, null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await AskAsync(() => rows.MoveNextAsync().AsTask()))
        {
            var row = JqlRows.Read(rows.Current, key);
            yield return row.Key is not null || unusable++ >= MostKept ? row : row with
            {
                Shape = RowShape.Of(rows.Current, [JqlRow.Person, key, .. columns]), Refused = Refused($"A row of a script gives no {key}", rows.Current),
            };
        }
    }

    /// <inheritdoc/>
    public Task<CohortPage> MembersOfAsync(RemoteCohort group, IReadOnlyList<string> distinctIds, CancellationToken cancellationToken) =>
        MembersAsync(group, [.. distinctIds.Select(id => new MixpanelProfile(id, default))], []);

    private static SourcePage<T> Page<T>(ProfilePage page, T content) => new(content, page.Records, page.PageSize, page.Total, page.SessionId ?? "");

    /// <summary>A profile as an update that sets what it holds.</summary>
    private static ProfileUpdate Update(MixpanelProfile profile, int index) => new(
        index, profile.DistinctId, Time: null, IgnoreAlias: false,
        [.. profile.Properties.EnumerateObject().Select(p => new ProfileOperation(ProfileOperationKind.Set, p.Name, PulledMembers.Compact(p.Value)))]);

    private RefusedRecord Refused(string why, JsonElement row) => records.Refused(
        new FailedRecord { Index = 0, Field = "", Message = why, Payload = JsonMarshal.GetRawUtf8Value(row).ToArray() });

    private async Task<CohortPage> MembersAsync(RemoteCohort cohort, IReadOnlyList<MixpanelProfile> people, IReadOnlyList<JsonElement> unusable)
    {
        using var page = await PulledMembers.ReadAsync(remoteProject, cohort, people, unusable);
        return records.Page(page);
    }

    private Task<ProfilePage> PageAsync(ProfileQuery question, PagePlace? place, CancellationToken cancellationToken) =>
        place is { Session: "" }
            ? throw new MixpanelSourceException("Mixpanel gave a full page and no session to ask for the next with.") { Problem = SourceProblem.SessionGone }
            : AskAsync(() => queries.ProfilesAsync(question, place?.Page ?? 0, place?.Session, cancellationToken));

    private async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (MixpanelBudgetException e)
        {
            throw new MixpanelSourceException(e.Message, e) { Problem = SourceProblem.Spent, NotBefore = e.MoreAt };
        }
        catch (MixpanelException e)
        {
            throw new MixpanelSourceException(Said(e), e) { Problem = Problem(e), NotBefore = e.RetryAfter is { } wait ? time.GetUtcNow() + wait : null };
        }
    }

    private static SourceProblem Problem(MixpanelException e) => e.Kind switch
    {
        MixpanelFailureKind.SessionLost => SourceProblem.SessionGone,
        MixpanelFailureKind.Unauthorized or MixpanelFailureKind.PaymentRequired or MixpanelFailureKind.Forbidden or MixpanelFailureKind.Redirected => SourceProblem.Refused,
        MixpanelFailureKind.DateNotReached => SourceProblem.NotYet,
        _ when e.ShouldRetry || e.IsOutcomeUnknown => SourceProblem.Later,
        _ => SourceProblem.BadQuestion,
    };

    /// <summary>With what a person can do about it.</summary>
    private static string Said(MixpanelException e) => e.Kind switch
    {
        MixpanelFailureKind.Redirected => $"{e.Message} Correct connectors.mixpanel.endpoints.",
        _ when e.ConcernsTokens => e.Message,
        MixpanelFailureKind.Unauthorized => $"{e.Message} Correct connectors.mixpanel: its service_account or oauth, its project_id or its data_residency.",
        MixpanelFailureKind.PaymentRequired => $"{e.Message} The plan of the Mixpanel project has no queries: without them pull can fetch events only.",
        MixpanelFailureKind.Forbidden => $"{e.Message} The service account may not read that in this project.",
        _ => e.Message,
    };
}
