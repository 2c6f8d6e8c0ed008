using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary><c>/engage</c> and <c>/groups</c>: updates of profiles. Bad data are answered with 200 as well.</summary>
internal static class UpdateEndpoint
{
    private const string SomeFailed = "some data points in the request failed validation";

    public static MixpanelAnswer Engage(World world, IngestionRequest request) =>
        WithPayload(world, request, gzipAllowed: false, ["$token"], payload => Store(world, request, payload, isGroup: false));

    public static MixpanelAnswer Groups(World world, IngestionRequest request) =>
        WithPayload(world, request, gzipAllowed: false, ["$token"], payload => Store(world, request, payload, isGroup: true));

    /// <summary>Takes a body apart and counts it against the allowance of the first project that it names.</summary>
    public static MixpanelAnswer WithPayload(
        World world, IngestionRequest request, bool gzipAllowed, string[] tokenPath, Func<Payload, MixpanelAnswer> store)
    {
        Payload payload;
        try
        {
            payload = Payload.Read(request, world.Limits, gzipAllowed, strictType: false);
        }
        catch (PayloadException exception)
        {
            return exception.TooLarge
                ? TrackAnswers.Refused(MixpanelAnswer.TooLarge(world.Limits.MaxRequestBytes), exception.Message)
                : TrackAnswers.Result(request, exception.Message);
        }

        var owner = payload.Records.Select(record => world.ByToken(JsonTree.TextAt(record, tokenPath), request.Residency))
            .FirstOrDefault(project => project is not null);
        if (owner?.Ingestion.TryTake(world.Now, request.Bytes, out var wait) == false)
        {
            return TrackAnswers.Refused(MixpanelAnswer.RateLimited(wait), MixpanelAnswer.RateLimitText) with { ProjectId = owner.Settings.Id };
        }

        return payload.Records.Count > world.Limits.MaxRecords
            ? TrackAnswers.Result(request, $"request exceeds max limit of {world.Limits.MaxRecords} records")
            : store(payload);
    }

    private static MixpanelAnswer Store(World world, IngestionRequest request, Payload payload, bool isGroup)
    {
        // Of the two defaults that the documentation names this is the one that hurts who relies on the other.
        var callerAddress = request.Parameter("ip") is "0" or "false" ? null : request.RemoteAddress;
        List<RecordFailure> failures = [];
        var stored = 0;
        string? projectId = null;
        for (var i = 0; i < payload.Records.Count; i++)
        {
            if (ProfileUpdate.Check(i, payload.Records[i], isGroup, world.Limits, out var failure) is not { } update)
            {
                failures.Add(failure);
                continue;
            }

            if (world.ByToken(update.Token, request.Residency) is not { } project)
            {
                world.Strangers[request.Path] = world.Strangers.GetValueOrDefault(request.Path) + 1;
                continue;
            }

            projectId ??= project.Settings.Id;
            var problem = isGroup ? UpdateGroup(world, project, update) : UpdateUser(world, project, update, callerAddress);
            if (problem is null)
            {
                stored++;
            }
            else if (problem.Length > 0)
            {
                failures.Add(failure with { Message = problem });
            }
        }

        return Answer(request, payload.Records.Count, failures) with
        {
            ProjectId = projectId, Records = payload.Records.Count, Accepted = stored,
        };
    }

    // Null when it was applied, a sentence when it was not, nothing when it was lost without a word.
    private static string? UpdateUser(World world, ProjectState project, ProfileUpdate update, string? callerAddress)
    {
        var id = JsonTree.IsTrue(update.Record["$ignore_alias"]) ? update.DistinctId! : ProfileIdOf(project, update.DistinctId!);
        var profile = ProfileOperations.Apply(project.Profiles.Find(id), update, world.Limits, out var problem);
        if (problem is not null)
        {
            return problem;
        }

        if (profile is not null)
        {
            world.Geo.Locate(profile, update, callerAddress);
            if (!JsonTree.IsTrue(update.Record["$ignore_time"]))
            {
                var seen = JsonTree.AsNumber(update.Record["$time"]) is { } seconds and >= 0 and < 253_402_300_800
                    ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
                    : world.Now;
                profile["$last_seen"] = seen.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
            }
        }

        project.Profiles.Put(id, profile, world.Now);
        return null;
    }

    // In a simplified project the profile of a device stays where it is.
    private static string ProfileIdOf(ProjectState project, string id) =>
        project.Settings.Identity == MixpanelIdentityMode.Simplified ? id : project.Identity.Canonical(id);

    private static string? UpdateGroup(World world, ProjectState project, ProfileUpdate update)
    {
        if (!project.Settings.GroupKeys.Contains(update.GroupKey!, StringComparer.Ordinal))
        {
            project.Lose("group key is not in the settings");
            return "";
        }

        var key = (update.GroupKey!, update.GroupId!);
        var current = project.Groups.Find(key);
        if (current is null && project.Groups.All.Count >= world.Limits.MaxGroupProfiles
            && project.Groups.All.Keys.Count(known => known.Key == update.GroupKey) >= world.Limits.MaxGroupProfiles)
        {
            return $"a group key must not have more than {world.Limits.MaxGroupProfiles} profiles";
        }

        var profile = ProfileOperations.Apply(current, update, world.Limits, out var problem);
        if (problem is null)
        {
            project.Groups.Put(key, profile, world.Now);
        }

        return problem;
    }

    private static MixpanelAnswer Answer(IngestionRequest request, int records, List<RecordFailure> failures)
    {
        var strict = request.IsOn("strict");
        var good = records - failures.Count;
        var failed = failures.Count > 0 && (strict || good == 0);
        if (!strict && request.Parameter("verbose") != "2")
        {
            return TrackAnswers.Result(request, failed ? failures[0].Message : null);
        }

        return TrackAnswers.Result(request, failed ? (strict ? SomeFailed : failures[0].Message) : null, body =>
        {
            body["num_good_events"] = good;
            if (strict && failed)
            {
                body["failed_records"] = new JsonArray([.. failures.Select(failure => new JsonObject
                {
                    ["index"] = failure.Index, ["id"] = failure.Id, ["field"] = failure.Field, ["message"] = failure.Message,
                })]);
            }
        });
    }
}
