using System.Collections.Concurrent;
using System.Globalization;
using Sluice.Core.Erasure;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Takes every request and finds it again; nothing is erased.</summary>
internal sealed class FakeErasures : IErasures
{
    public ConcurrentDictionary<string, ErasureState> States { get; } = [];

    public Task<ErasureState> RequestAsync(ErasureRequest request, CancellationToken cancellationToken)
    {
        var state = new ErasureState(
            States.Count.ToString(CultureInfo.InvariantCulture), request.Kind, ErasureStatus.Pending, ErasureStage.Gather, request.Compliance, request.Disclosure,
            request.RequestedBy, DateTimeOffset.UnixEpoch, EndedAt: null, request.DistinctIds, request.DistinctIds.Count, new Dictionary<string, long>(), Note: null, Remote: null);
        States[state.Id] = state;
        return Task.FromResult(state);
    }

    public Task<ErasureState?> FindAsync(string project, string id, CancellationToken cancellationToken) => Task.FromResult(States.GetValueOrDefault(id));

    public Task<CancelOutcome> CancelAsync(string project, string id, CancellationToken cancellationToken) =>
        Task.FromResult(States.TryRemove(id, out _) ? CancelOutcome.Cancelled : CancelOutcome.Unknown);

    public Task<int> CancelOfAsync(string project, IReadOnlyCollection<string> distinctIds, CancellationToken cancellationToken) =>
        Task.FromResult(States.Values.Count(state => state.DistinctIds.All(distinctIds.Contains)));
}
