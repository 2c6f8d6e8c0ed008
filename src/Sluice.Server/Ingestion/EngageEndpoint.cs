using Microsoft.Extensions.Logging;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Profiles;
using ProfileUpdate = Sluice.Mixpanel.Ingestion.Profiles.ProfileUpdate;

namespace Sluice.Server.Ingestion;

/// <summary><c>/engage</c>: updates of profiles.</summary>
internal sealed class EngageEndpoint(IProfileIntake profiles, IntakeServices services, ILogger<EngageEndpoint> logger)
    : UpdateEndpoint<ProfileUpdate>(Route, services, logger)
{
    public const string Route = "engage";
    public const string Pattern = "/engage";

    private readonly ProfileUpdateParser _parser = new();

    protected override UpdateBatch<ProfileUpdate>? Parse(ReadOnlyMemory<byte> data, out BodyFailure? failure) =>
        _parser.TryParse(data, out var batch, out failure) ? batch : null;

    protected override string TokenOf(ProfileUpdate update) => update.Token;

    protected override int IndexOf(ProfileUpdate update) => update.Index;

    protected override IReadOnlyList<PropertyOperation> OperationsOf(ProfileUpdate update) => update.Operations;

    protected override ReadOnlyMemory<byte> Describe(ProfileUpdate update) =>
        OperationText.Write(update.Operations, ("$distinct_id", update.DistinctId));

    protected override Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(
        Project project, IReadOnlyList<ProfileUpdate> updates, string? address, CancellationToken cancellationToken)
    {
        var now = Services.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return profiles.ApplyAsync(
            new ProfileUpdates(
                project.Id, project.Identity,
                [
                    .. updates.Select(u => new Core.People.ProfileUpdate(
                        u.Index, u.DistinctId, u.IgnoreTime ? null : u.TimeMs ?? now, u.IgnoreAlias, Map(u.Operations))),
                ])
            {
                Forwarded = project.IsForwarded ? [.. updates.SelectMany(u => ForwardedOperations.Of(u, now, address))] : null,
            },
            cancellationToken);
    }
}
