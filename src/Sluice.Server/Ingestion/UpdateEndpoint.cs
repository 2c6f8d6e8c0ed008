using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Server.Ingestion;

/// <summary>What <c>/engage</c> and <c>/groups</c> have in common: a list of updates, each of the project whose token it carries.</summary>
/// <typeparam name="TUpdate">An update as it was sent.</typeparam>
internal abstract class UpdateEndpoint<TUpdate>(string route, IntakeServices services, ILogger logger) : TokenEndpoint(route, services, logger)
{
    protected override async Task<IngestionAnswer> TakeAsync(
        HttpContext context, IntakeRequest request, TrackAnswerForm form, CancellationToken cancellationToken)
    {
        var batch = Parse(request.Data, out var failure);
        if (batch is null)
        {
            return Refused(failure!, request, form);
        }

        using (batch)
        {
            await SetAsideAsync(batch.Failed.Select(f => (ProjectOf(f.Payload), f)), cancellationToken);
            var failed = new List<FailedRecord>(batch.Failed);
            foreach (var ofToken in batch.Updates.GroupBy(TokenOf, StringComparer.Ordinal))
            {
                if (Services.Projects.FindByToken(ofToken.Key) is { } project)
                {
                    failed.AddRange(await StoreAsync(project, [.. ofToken], AddressOf(context, request), cancellationToken));
                }
                else
                {
                    Services.Tally.Records(Way, IntakeTally.Nobody, IntakeOutcome.UnknownToken, "", ofToken.Count(), ofToken.Sum(SizeOf));
                }
            }

            return TrackAnswer.Of(batch.Received, [.. failed.OrderBy(f => f.Index)], form);
        }
    }

    protected abstract UpdateBatch<TUpdate>? Parse(ReadOnlyMemory<byte> data, out BodyFailure? failure);

    protected abstract string TokenOf(TUpdate update);

    protected abstract int IndexOf(TUpdate update);

    protected abstract IReadOnlyList<PropertyOperation> OperationsOf(TUpdate update);

    /// <summary>The update for a person who looks at why it failed.</summary>
    protected abstract ReadOnlyMemory<byte> Describe(TUpdate update);

    /// <param name="address">Where the request came from, when the client wants it to be looked up.</param>
    protected abstract Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(
        Project project, IReadOnlyList<TUpdate> updates, string? address, CancellationToken cancellationToken);

    protected static IReadOnlyList<ProfileOperation> Map(IReadOnlyList<PropertyOperation> operations) =>
        [.. operations.Select(o => new ProfileOperation(Map(o.Kind), o.Name, o.Value))];

    private static ProfileOperationKind Map(PropertyOperationKind kind) => kind switch
    {
        PropertyOperationKind.Set => ProfileOperationKind.Set,
        PropertyOperationKind.SetOnce => ProfileOperationKind.SetOnce,
        PropertyOperationKind.Add => ProfileOperationKind.Add,
        PropertyOperationKind.Append => ProfileOperationKind.Append,
        PropertyOperationKind.Union => ProfileOperationKind.Union,
        PropertyOperationKind.Remove => ProfileOperationKind.Remove,
        PropertyOperationKind.Unset => ProfileOperationKind.Unset,
        PropertyOperationKind.Delete => ProfileOperationKind.Delete,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown operation."),
    };

    private async Task<IReadOnlyList<FailedRecord>> StoreAsync(Project project, TUpdate[] updates, string? address, CancellationToken cancellationToken)
    {
        var refused = await ApplyAsync(project, updates, address, cancellationToken);
        var byIndex = updates.ToDictionary(IndexOf);
        FailedRecord[] failed =
        [
            .. refused.Where(r => r.Reason != IntakeOutcome.Erased).Select(r => new FailedRecord { Index = r.Index, Field = "", Message = r.Reason, Payload = Describe(byIndex[r.Index]) }),
        ];
        await SetAsideBelatedlyAsync(project, failed);
        foreach (var one in failed)
        {
            byIndex.Remove(one.Index);
        }

        // Whoever sends them is told nothing of it.
        foreach (var one in refused.Where(r => r.Reason == IntakeOutcome.Erased && byIndex.Remove(r.Index, out _)))
        {
            Services.Tally.Records(Way, project.Id, IntakeOutcome.Erased, "", 1, 0);
        }

        // Named by what they do: that is as much as can be told of many updates together.
        foreach (var kind in byIndex.Values.GroupBy(NameOf, StringComparer.Ordinal))
        {
            Services.Tally.Records(Way, project.Id, IntakeOutcome.Accepted, kind.Key, kind.Count(), kind.Sum(SizeOf));
        }

        return failed;
    }

    private string NameOf(TUpdate update) => OperationsOf(update) is [var first, ..] ? OperationText.Name(first.Kind) : "";

    private long SizeOf(TUpdate update) => OperationsOf(update).Sum(o => (long)o.Name.Length + o.Value.Length);
}
