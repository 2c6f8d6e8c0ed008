using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion.Events;
using IdentityMode = Sluice.Core.Identity.IdentityMode;
using WireMode = Sluice.Mixpanel.Ingestion.Events.IdentityMode;

namespace Sluice.Server.Ingestion;

/// <summary>Makes events as they were sent into events that can be stored.</summary>
public static class EventMap
{
    // What stands before a device's id where it is the id of a person.
    private const string DevicePrefix = "$device:";

    public static WireMode Map(IdentityMode mode) => mode switch
    {
        IdentityMode.Simplified => WireMode.Simplified,
        IdentityMode.Original => WireMode.Original,
        IdentityMode.Legacy => WireMode.Legacy,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Unknown identity mode."),
    };

    /// <param name="address">Where the request came from, when the client wants it to be looked up: kept only where events are passed on.</param>
    public static Core.Events.EventBatch Map(Project project, IReadOnlyList<MixpanelEvent> events, string? address = null)
    {
        var records = new EventRecord[events.Count];
        var claims = new List<IdentityClaim>();
        var known = new HashSet<IdentityClaim>();
        for (var i = 0; i < records.Length; i++)
        {
            var one = events[i];

            // An event that says which it is keeps its time as sent, even a little ahead of us: a copy must have the same. The parser
            // refuses what is far ahead.
            var time = one.InsertId is null ? one.TimeMs : one.SentTimeMs ?? one.TimeMs;
            records[i] = new EventRecord(one.Name, time, one.DistinctId, one.InsertId, one.Properties)
            {
                Address = project.IsForwarded ? one.Ip ?? address : null,
            };
            if (ClaimOf(one) is { } claim && known.Add(claim))
            {
                claims.Add(claim);
            }
        }

        return new Core.Events.EventBatch(project.Id, Origin.Received, project.Identity, records, claims);
    }

    private static IdentityClaim? ClaimOf(MixpanelEvent one) => one switch
    {
        { Kind: EventKind.Identify, Id: { } id, OtherId: { } other } => new IdentityClaim(IdentityClaimKind.Identify, id, other),
        { Kind: EventKind.CreateAlias, Id: { } id, OtherId: { } other } => new IdentityClaim(IdentityClaimKind.Alias, id, other),
        { Kind: EventKind.Merge, Id: { } id, OtherId: { } other } => new IdentityClaim(IdentityClaimKind.Merge, id, other),
        { UserId: { } user, DeviceId: { } device } => new IdentityClaim(IdentityClaimKind.Device, user, DevicePrefix + device),
        _ => null,
    };
}
