using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary><c>/import</c>: authenticated, any age, every record judged by itself.</summary>
internal static class ImportEndpoint
{
    private const string SomeFailed = "some data points in the request failed validation";
    private const string NoVerbs = "identity events are not allowed when project is using simplified identity management";

    public static MixpanelAnswer Handle(World world, IngestionRequest request)
    {
        var project = Credentials.Project(
            world, request, Credentials.Ways.Secret | Credentials.Ways.Token | Credentials.Ways.OAuth, writes: true);
        var answer = Handle(world, project, request);
        return answer with { ProjectId = project.Settings.Id };
    }

    private static MixpanelAnswer Handle(World world, ProjectState project, IngestionRequest request)
    {
        Payload? payload = null;
        PayloadException? unreadable = null;
        try
        {
            payload = Payload.Read(request, world.Limits, gzipAllowed: true, strictType: true);
        }
        catch (PayloadException exception)
        {
            unreadable = exception;
        }

        if (unreadable is { TooLarge: true })
        {
            return MixpanelAnswer.TooLarge(world.Limits.MaxRequestBytes);
        }

        // A body that is refused as wrong has used its allowance like any other.
        if (!project.Ingestion.TryTake(world.Now, request.Bytes, out var wait))
        {
            return MixpanelAnswer.RateLimited(wait);
        }

        if (payload is null)
        {
            return MixpanelAnswer.Error(400, unreadable!.Message);
        }

        return payload.Records.Count > world.Limits.MaxRecords
            ? MixpanelAnswer.Error(413, $"request exceeds max limit of {world.Limits.MaxRecords} events")
            : Store(world, project, request, payload);
    }

    private static MixpanelAnswer Store(World world, ProjectState project, IngestionRequest request, Payload payload)
    {
        // The form of the older clients is answered as /track answers, and carries no insert ids.
        var strict = payload.IsForm ? request.IsOn("strict") : request.Parameter("strict") is not ("0" or "false");
        var simplified = project.Settings.Identity == MixpanelIdentityMode.Simplified;
        var rules = new EventRules(world.Limits, world.Now, import: true, simplified, insertIdRequired: !payload.IsForm);
        List<EventRecord> good = [];
        List<RecordFailure> failures = [];
        for (var i = 0; i < payload.Records.Count; i++)
        {
            if (rules.Check(i, payload.Records[i], out var failure) is { } record)
            {
                good.Add(record);
            }
            else
            {
                failures.Add(failure);
            }
        }

        if (strict && simplified && payload.Records.Any(IsVerb))
        {
            return Failed(0, [NoVerbs]) with { Records = payload.Records.Count };
        }

        var intake = new EventIntake(world, "/import");
        var stored = good.Count(record => intake.Add(project, record, request.RemoteAddress));
        foreach (var _ in failures.Where(_ => !strict))
        {
            project.Lose("invalid without strict");
        }

        var answer = payload.IsForm
                ? TrackAnswers.Result(request, failures is [var first, ..] && (strict || good.Count == 0) ? first.Message : null)
            : strict && failures.Count > 0 ? Failed(good.Count, [.. failures.Select(Describe)])
            : MixpanelAnswer.Json(200, new JsonObject { ["code"] = 200, ["num_records_imported"] = good.Count, ["status"] = "OK" });
        return answer with { Records = payload.Records.Count, Accepted = stored };
    }

    private static bool IsVerb(JsonElement? record) => JsonTree.TextAt(record, "event") is { } name && IdentityBook.IsVerb(name);

    private static MixpanelAnswer Failed(int imported, JsonArray failures) => MixpanelAnswer.Error(400, SomeFailed, body =>
    {
        body["num_records_imported"] = imported;
        body["failed_records"] = failures;
    });

    // One official source spells the key of the id without the dollar sign, another with it.
    private static JsonObject Describe(RecordFailure failure) => new()
    {
        ["index"] = failure.Index,
        ["insert_id"] = failure.Id,
        ["$insert_id"] = failure.Id,
        ["field"] = failure.Field,
        ["message"] = failure.Message,
    };
}
