using System.Globalization;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.Doctor;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands.Doctor;

/// <summary>What the stored data say. Asks nobody.</summary>
internal static class DataChecks
{
    private const int RecurringSlots = 60;
    private const int SlotsToWarnAt = 55;
    private const int Events = 2_000;
    private const int Batches = 256;
    private const int KeysAtOnce = 10_000;
    private const int Letters = 1_000;
    private const int Days = 7;
    private static readonly TimeSpan QuietAfter = TimeSpan.FromHours(2);
    private static readonly TimeSpan LateAfter = TimeSpan.FromHours(1);

    public static async Task RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        if (context.Store is null)
        {
            return;
        }

        await LookAtCohortsAsync(context, cancellationToken);
        await LookAtEventsAsync(context, cancellationToken);
        await LookAtJobsAsync(context, cancellationToken);
        var letters = await context.Store.DeadLetters.ListAsync(context.Project.Id, "open", Letters, cancellationToken);
        if (letters.Count > 0)
        {
            var reasons = letters.GroupBy(l => l.Reason, StringComparer.Ordinal).OrderByDescending(g => g.Count()).Take(3).Select(g => $"{g.Key} {Number(g.Count())}");
            context.Add(FindingCatalogue.LettersWait, $"{Number(letters.Count)}{(letters.Count == Letters ? " or more" : "")} dead letters wait: {string.Join(", ", reasons)}.");
        }
    }

    private static async Task LookAtCohortsAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        var store = context.Store!;
        var groups = await store.Groups.ListAsync(context.Project.Id, cancellationToken);
        var pulled = PulledCohorts.Of(await store.PullJobs.ListAsync(context.Project.Id, cancellationToken));
        var recurring = groups.Where(g => g.Recurring && !pulled.Contains(g)).ToList();
        if (recurring.Count >= SlotsToWarnAt)
        {
            context.Add(FindingCatalogue.CohortSlots, $"{recurring.Count} of Mixpanel's {RecurringSlots} recurring syncs are in use by what Sluice has received.");
        }

        var now = context.Time.GetUtcNow();
        foreach (var quiet in recurring.Where(g => now - g.LastPageAt > QuietAfter))
        {
            context.Add(FindingCatalogue.CohortQuiet, $"{quiet.Name} ({quiet.Cohort}): the last page came at {Time(quiet.LastPageAt)}.");
        }

        if (context.Project.Mixpanel?.ProjectId is { } project)
        {
            foreach (var other in groups.Where(g => g.RemoteProject != project).GroupBy(g => g.RemoteProject, StringComparer.Ordinal))
            {
                context.Add(FindingCatalogue.CohortsOfOtherProject, $"{other.Count()} cohorts come from Mixpanel project {other.Key}; project_id is {project}.");
            }
        }

        await LookAtListsAsync(context, groups, cancellationToken);
    }

    private static async Task LookAtListsAsync(DoctorContext context, IReadOnlyList<UserGroup> groups, CancellationToken cancellationToken)
    {
        if (Hosting.Destinations.Brevo(context.Project.Active, publicUrl: null, webhookToken: "", context.Store!, context.Http, context.Time) is not { Target: var target })
        {
            return;
        }

        var bound = await context.Store!.Insight.SourcesAsync(context.Project.Id, BrevoDestination.DestinationName, cancellationToken);
        foreach (var waiting in ListRules.Of(target.Lists, bound, groups).SelectMany(r => r.Waiting).Distinct(StringComparer.Ordinal))
        {
            context.Add(FindingCatalogue.ListWaits, $"lists.{waiting} waits: no cohort has this id, name or slug yet.");
        }
    }

    private static async Task LookAtEventsAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        var newest = await NewestAsync(context.Store!.EventLog, context.Project.Id, cancellationToken);
        var received = newest.Select(Signs.Of).ToList();
        if (received.Count(e => !e.HasInsertId) is > 0 and var without)
        {
            context.Add(FindingCatalogue.EventsWithoutInsertId, $"{Number(without)} of {Number(received.Count)} recent events carry no $insert_id.");
        }

        var repeats = RepeatedEvents.Count(newest, context.Project.TimeZone);
        if (repeats.Count > 0)
        {
            context.Add(
                FindingCatalogue.EventsRepeated,
                $"Of {Number(received.Count)} recent events these repeat another of their day: {string.Join(", ", repeats.TakeLast(Days).Select(r => $"{Day(r.Day)} {Number(r.Events)}"))}.");
        }

        if (context.Project.Mixpanel?.Identity is not { } mode)
        {
            return;
        }

        // The browser's SDK sends $identify in every project; these two it sends nowhere.
        if (mode == IdentityMode.Simplified && received.Count(e => e.Name is "$create_alias" or "$merge") is > 0 and var verbs)
        {
            context.Add(FindingCatalogue.IdentityModeDiffers, $"identity is simplified, and {Number(verbs)} recent events are $create_alias or $merge, which Original ID Merge has.");
        }
        else if (mode != IdentityMode.Simplified && received.Count(e => e.IsOfDevice) is > 0 and var devices)
        {
            context.Add(
                FindingCatalogue.IdentityModeDiffers,
                $"identity is {mode.ToString().ToLowerInvariant()}, and {Number(devices)} recent events are of ids that begin with $device:, which Simplified ID Merge has.");
        }
    }

    /// <summary>The newest events that were received. A log is read forwards only: from as near to its end as holds enough.</summary>
    private static async Task<IReadOnlyList<LoggedEvent>> NewestAsync(IEventLog log, string project, CancellationToken cancellationToken)
    {
        var end = (await log.EndAsync(project, cancellationToken)).Batch;
        var newest = new List<LogPosition>();
        for (var back = 1; back <= Batches && newest.Count < Events; back *= 4)
        {
            newest.Clear();
            var from = LogPosition.EndOf(Math.Max(0, end - back));
            LogKeyPage page;
            do
            {
                page = await log.ReadKeysAsync(project, from, KeysAtOnce, names: null, cancellationToken);
                newest.AddRange(page.Keys.Where(k => k.Origin == Origin.Received).Select(k => k.Position));
                newest.RemoveRange(0, Math.Max(0, newest.Count - Events));
                from = page.Next;
            }
            while (page.Looked == KeysAtOnce && from.Batch <= end);
        }

        return await log.GetAsync(project, newest, cancellationToken);
    }

    private static async Task LookAtJobsAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        var now = context.Time.GetUtcNow();
        foreach (var job in await context.Store!.PullJobs.ListAsync(context.Project.Id, cancellationToken))
        {
            if (now - job.DueAt > LateAfter && job.Run is not { EndedAt: null })
            {
                context.Add(FindingCatalogue.PullLate, $"{job.Name} was due at {Time(job.DueAt)} and has not begun.");
            }
            else if (job.Run is { Error: { } error })
            {
                context.Add(FindingCatalogue.PullLate, $"{job.Name} ended before its end: {error}");
            }
        }
    }

    private static string Number(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What an event tells about its sender.</summary>
    private readonly record struct Signs(string Name, bool HasInsertId, bool IsOfDevice)
    {
        public static Signs Of(LoggedEvent logged)
        {
            var (hasInsertId, isOfDevice) = (false, false);
            var reader = new Utf8JsonReader(logged.Properties);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                hasInsertId |= reader.ValueTextEquals("$insert_id"u8);
                if (reader.ValueTextEquals("distinct_id"u8) || reader.ValueTextEquals("$distinct_id"u8))
                {
                    reader.Read();
                    isOfDevice |= reader.TokenType == JsonTokenType.String && reader.GetString()!.StartsWith("$device:", StringComparison.Ordinal);
                }
            }

            return new Signs(logged.Name, hasInsertId, isOfDevice);
        }
    }
}
