using System.Threading.Channels;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Erasure;

/// <summary>Erases the people of one project, one request after the other. Whatever ends it, another goes on where it was.</summary>
/// <param name="erasers">The destinations that may have contacts.</param>
/// <param name="forwarder">Null when Mixpanel is not told.</param>
public sealed class ErasureWorker(
    string project, IErasureWork work, ILeases leases, IReadOnlyList<IContactEraser> erasers, IErasureForwarder? forwarder, Scrubber scrubber,
    TimeProvider time, string owner, Action<Exception> report)
{
    private const int ContactsAtOnce = 20;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeaseLength = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ClearEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookAfter = TimeSpan.FromHours(1);

    // What Mixpanel is told of must be known until then. A day is what everybody is promised.
    private static readonly TimeSpan ForwardLimit = TimeSpan.FromHours(20);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly string[] _destinations = [.. erasers.Select(e => e.Destination)];
    private DateTimeOffset _cleared;
    private TimeSpan _rest;

    /// <summary>A request has come: look now.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (time.GetUtcNow() - _cleared >= ClearEvery)
                {
                    await work.ClearAsync(project, cancellationToken);
                    _cleared = time.GetUtcNow();
                }

                if (await HasWorkAsync(cancellationToken)
                    && await leases.TryTakeAsync($"erasure/{project}", owner, LeaseLength, cancellationToken) is { } lease)
                {
                    await using var keeper = new LeaseKeeper(leases, lease, LeaseLength, time, cancellationToken);
                    await WorkAsync(lease, keeper.Token);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is LeaseLostException or OperationCanceledException)
            {
                // Another node does the work now.
            }
            catch (Exception e)
            {
                report(e);
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(Idle, time, waiting.Token), _wake.Reader.WaitToReadAsync(waiting.Token).AsTask());
            _wake.Reader.TryRead(out _);
            await waiting.CancelAsync();
        }
    }

    private async Task<bool> HasWorkAsync(CancellationToken cancellationToken) =>
        await work.DueAsync(project, cancellationToken) is not null
        || (forwarder is not null && (await work.PartsToLookAtAsync(project, 1, cancellationToken)).Count > 0);

    private async Task WorkAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (await work.DueAsync(project, cancellationToken) is { } job)
        {
            await StepAsync(lease, job with { Destinations = _destinations }, cancellationToken);
        }

        if (forwarder is not null)
        {
            foreach (var part in await work.PartsToLookAtAsync(project, 100, cancellationToken))
            {
                await LookAsync(lease, part, cancellationToken);
            }
        }
    }

    private async Task StepAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken)
    {
        switch (job.Stage)
        {
            case ErasureStage.Contacts:
                await EraseContactsAsync(lease, job, cancellationToken);
                break;
            case ErasureStage.Forward:
                await ForwardAsync(lease, job, cancellationToken);
                break;
            case ErasureStage.Scrub:
                await ScrubAsync(lease, job, cancellationToken);
                break;
            default:
                await work.AdvanceAsync(lease, job, cancellationToken);
                break;
        }
    }

    private async Task EraseContactsAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken)
    {
        var contacts = await work.ContactsAsync(job, ContactsAtOnce, cancellationToken);
        if (contacts.Count == 0)
        {
            await work.LeaveContactsAsync(lease, job, cancellationToken);
            return;
        }

        var done = new List<ErasedContact>();
        var (deleted, notDeleted) = (0, 0);
        DeliveryException? failure = null;
        foreach (var contact in contacts)
        {
            try
            {
                if (erasers.FirstOrDefault(e => e.Destination == contact.Destination) is { } eraser)
                {
                    deleted += await eraser.EraseAsync(contact, (email, token) => work.LearnAsync(lease, job, email, token), cancellationToken);
                }
                else
                {
                    // A destination that is configured no longer cannot be asked. What it surely was given is told of.
                    notDeleted += contact.IsKnown ? 1 : 0;
                }

                done.Add(contact);
            }
            catch (DeliveryException e)
            {
                failure = e;
                break;
            }
        }

        await work.ContactsDoneAsync(lease, job, done, deleted, notDeleted, cancellationToken);
        await RestAfterAsync(lease, job, failure?.Decision, cancellationToken);
    }

    private async Task ForwardAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken)
    {
        if (forwarder is not null && time.GetUtcNow() - job.RequestedAt < ForwardLimit)
        {
            var ids = await work.IdsAsync(job, cancellationToken);
            var told = (await work.PartsAsync(job, cancellationToken)).Select(p => p.Number).ToHashSet();
            foreach (var (number, part) in ids.Chunk(forwarder.MaxIds).Index())
            {
                if (told.Contains(number))
                {
                    continue;
                }

                try
                {
                    var tracking = await forwarder.RequestAsync(part, cancellationToken);
                    await work.PutPartAsync(lease, project, new ForwardedPart(job.Id, number, tracking, ErasureStatus.Pending), LookAfter, cancellationToken);
                }
                catch (DeliveryException e)
                {
                    await RestAfterAsync(lease, job, e.Decision, cancellationToken);
                    return;
                }
            }
        }
        else if (forwarder is not null)
        {
            // Whoever looks at the request has to know that the other half is theirs to do.
            await work.PutPartAsync(lease, project, new ForwardedPart(job.Id, int.MaxValue, null, "NOT_FORWARDED"), LookAfter, cancellationToken);
        }

        _rest = TimeSpan.Zero;
        await work.MoveAsync(lease, job, ErasureStage.Forget, cancellationToken);
    }

    private async Task ScrubAsync(Lease lease, ErasureJob job, CancellationToken cancellationToken)
    {
        // Perhaps they have been cleaned for another project, or just when the lease was lost.
        if (await FinishAsync(lease, cancellationToken))
        {
            return;
        }

        try
        {
            await scrubber.TryAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The scrubber remembers why.
        }

        if (!await FinishAsync(lease, cancellationToken))
        {
            await work.RestAsync(
                lease, job, TimeSpan.FromMinutes(1), scrubber.Failure is { } failure ? $"The files could not be cleaned: {failure}" : null, cancellationToken);
        }
    }

    private async Task<bool> FinishAsync(Lease lease, CancellationToken cancellationToken) =>
        scrubber.CleanedFrom is { } from && await work.FinishAsync(lease, project, from, cancellationToken) > 0;

    private async Task LookAsync(Lease lease, ForwardedPart part, CancellationToken cancellationToken)
    {
        try
        {
            var (status, isFinal) = await forwarder!.LookAsync(part.Tracking!, cancellationToken);
            await work.PutPartAsync(lease, project, part with { Status = status }, isFinal ? TimeSpan.Zero : LookAfter, cancellationToken);
        }
        catch (DeliveryException)
        {
            // It is only a look: the next one is an hour away.
            await work.PutPartAsync(lease, project, part, LookAfter, cancellationToken);
        }
    }

    /// <param name="decision">Null when nothing was in the way.</param>
    private async Task RestAfterAsync(Lease lease, ErasureJob job, Decision? decision, CancellationToken cancellationToken)
    {
        if (decision is null)
        {
            _rest = TimeSpan.Zero;
            return;
        }

        _rest = _rest == TimeSpan.Zero ? TimeSpan.FromSeconds(2) : _rest * 2 < LongestRest ? _rest * 2 : LongestRest;
        var length = decision.After > _rest ? decision.After : _rest;
        await work.RestAsync(lease, job, length, $"{decision.Reason}: {decision.Detail}", cancellationToken);
    }
}
