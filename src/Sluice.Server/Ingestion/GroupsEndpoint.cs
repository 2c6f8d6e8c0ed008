using Microsoft.Extensions.Logging;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Profiles;
using GroupUpdate = Sluice.Mixpanel.Ingestion.Profiles.GroupUpdate;

namespace Sluice.Server.Ingestion;

/// <summary><c>/groups</c>: updates of group profiles.</summary>
internal sealed class GroupsEndpoint(IProfileIntake profiles, IntakeServices services, ILogger<GroupsEndpoint> logger)
    : UpdateEndpoint<GroupUpdate>(Route, services, logger)
{
    public const string Route = "groups";
    public const string Pattern = "/groups";

    private readonly GroupUpdateParser _parser = new();

    protected override UpdateBatch<GroupUpdate>? Parse(ReadOnlyMemory<byte> data, out BodyFailure? failure) =>
        _parser.TryParse(data, out var batch, out failure) ? batch : null;

    protected override string TokenOf(GroupUpdate update) => update.Token;

    protected override int IndexOf(GroupUpdate update) => update.Index;

    protected override IReadOnlyList<PropertyOperation> OperationsOf(GroupUpdate update) => update.Operations;

    protected override ReadOnlyMemory<byte> Describe(GroupUpdate update) =>
        OperationText.Write(update.Operations, ("$group_key", update.GroupKey), ("$group_id", update.GroupId));

    protected override Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(
        Project project, IReadOnlyList<GroupUpdate> updates, string? address, CancellationToken cancellationToken) =>
        profiles.ApplyAsync(
            new GroupUpdates(project.Id, [.. updates.Select(u => new Core.People.GroupUpdate(u.Index, u.GroupKey, u.GroupId, Map(u.Operations)))])
            {
                Forwarded = project.IsForwarded ? [.. updates.SelectMany(ForwardedOperations.Of)] : null,
            },
            cancellationToken);
}
