using System.Security.Cryptography;
using System.Text;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary><c>/track</c>: no credentials but the token in each event, and only recent events.</summary>
internal static class TrackEndpoint
{
    private static readonly TimeSpan OldestAge = TimeSpan.FromDays(5);

    public static MixpanelAnswer Handle(World world, IngestionRequest request) =>
        UpdateEndpoint.WithPayload(world, request, gzipAllowed: true, ["properties", "token"], payload => Store(world, request, payload));

    private static MixpanelAnswer Store(World world, IngestionRequest request, Payload payload)
    {
        var intake = new EventIntake(world, "/track");
        var callerAddress = request.IsOn("ip") ? request.RemoteAddress : null;
        var rules = new EventRules(world.Limits, world.Now, import: false);
        var (good, stored) = (0, 0);
        string? error = null;
        string? projectId = null;
        for (var i = 0; i < payload.Records.Count; i++)
        {
            if (rules.Check(i, payload.Records[i], out var failure) is not { } record)
            {
                error ??= failure.Message;
                continue;
            }

            good++;
            if (world.ByToken(JsonTree.AsText(record.Properties["token"]), request.Residency) is not { } project)
            {
                world.Strangers["/track"] = world.Strangers.GetValueOrDefault("/track") + 1;
                continue;
            }

            projectId ??= project.Settings.Id;
            if (DateTimeOffset.FromUnixTimeMilliseconds(record.TimeMs) < world.Now - OldestAge)
            {
                project.Lose("older than 5 days");
                continue;
            }

            if (callerAddress is not null && HasNoId(record))
            {
                record.Properties["distinct_id"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(callerAddress)))[..32];
            }

            stored += intake.Add(project, record, callerAddress) ? 1 : 0;
        }

        // The general page promises 1 when any event is good, the identity page, which has strict, when all are.
        var isGood = request.IsOn("strict") ? error is null : good > 0;
        return TrackAnswers.Result(request, isGood ? null : error ?? Payload.Missing) with
        {
            ProjectId = projectId, Records = payload.Records.Count, Accepted = stored,
        };
    }

    private static bool HasNoId(EventRecord record) =>
        record.Properties["distinct_id"] is null && record.Properties["$user_id"] is null && record.Properties["$device_id"] is null;
}
