using System.Text;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>
/// Passes operations on, one call at a time. A call holds only what may be repeated, or only what may not: so a call without an answer is
/// either sent again whole or not at all, and nobody's operations change places.
/// </summary>
internal sealed class OperationLine(ForwardContext context, ForwardWay way) : IForwardLine
{
    private readonly Backoff _backoff = context.NewBackoff();
    private readonly WholeRefusals _refusals = new();

    // Becomes small when a call was refused as a whole or its outcome is not known, and grows again with every one that was taken.
    private int _limit = context.Destination.MaxRecords;

    public string Name => way == ForwardWay.Groups ? "group updates" : "profile updates";

    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await _backoff.WaitAsync(cancellationToken);
        var rows = await context.ReadAsync(
            (f, token) => f.ReadAsync(context.Project, way, context.Options.OperationsAtOnce, context.Destination.MaxBytes, token), cancellationToken);
        if (rows.Count == 0)
        {
            return false;
        }

        if (await SettleAsync(rows))
        {
            return true;
        }

        var changes = new ForwardChanges();
        var chosen = Choose(rows, changes);
        if (changes.Gone.Count > 0)
        {
            await context.CommitAsync(changes);
            return true;
        }

        var outcome = await context.Destination.SendOperationsAsync(way, BeginAsync, cancellationToken, context.Calling);
        if (chosen.Count > 0)
        {
            context.Run.Count("calls");
            await FollowAsync([.. chosen.Select(c => c.Row)], [.. chosen.Select(c => c.Item)], outcome);
        }

        return true;

        async Task<IReadOnlyList<ForwardItem>> BeginAsync(CancellationToken token)
        {
            var there = (await context.BeginCallAsync([.. chosen.Select(c => c.Row)], token)).Select(r => r.Position).ToHashSet();
            chosen.RemoveAll(c => !there.Contains(c.Row.Position));
            return [.. chosen.Select(c => c.Item)];
        }
    }

    /// <summary>Ends what cannot be sent any more: what was on its way when an earlier owner died, and what has waited too long.</summary>
    private async Task<bool> SettleAsync(IReadOnlyList<ForwardRow> rows)
    {
        var changes = new ForwardChanges();
        foreach (var row in rows)
        {
            if (row is { IsCalling: true, IsRepeatable: false })
            {
                Unknown(row, "The call had no answer", changes);
            }
            else if (context.Now - row.TakenAt > context.Options.KeptFor)
            {
                context.Run.Count("skipped_waited_too_long");
                changes.Gone.Add(row);
                changes.DeadLetters.Add(Letter(row, context.Destination.Map(row).Name, "waited_too_long", "It could not be sent for too long: look whether it is still right, and let it be tried again if it is."));
            }
        }

        if (changes.Gone.Count == 0)
        {
            return false;
        }

        await context.CommitAsync(changes);
        return true;
    }

    /// <summary>As many as fit of the kind of the first one; after somebody's operation that has to wait, nothing more of theirs.</summary>
    /// <param name="changes">Gets what fits into no call at all.</param>
    private List<(ForwardRow Row, ForwardItem Item)> Choose(IReadOnlyList<ForwardRow> rows, ForwardChanges changes)
    {
        var chosen = new List<(ForwardRow Row, ForwardItem Item)>();
        var waiting = new HashSet<PersonKey>();
        var bytes = 0;
        foreach (var row in rows)
        {
            var item = context.Destination.Map(row);
            if (item.Json.Length + 1 > context.Destination.MaxBytes)
            {
                Refuse(row, item.Name, "too_large", "It is larger than a call may be.", changes);
                continue;
            }

            var fits = chosen.Count == 0 || (chosen.Count < Math.Min(_limit, context.Destination.MaxRecords) && bytes + item.Json.Length + 1 <= context.Destination.MaxBytes);
            if (!fits)
            {
                break;
            }

            if (row.IsRepeatable != rows[0].IsRepeatable || waiting.Contains(row.Owner))
            {
                waiting.Add(row.Owner);
                continue;
            }

            chosen.Add((row, item));
            bytes += item.Json.Length + 1;
        }

        return chosen;
    }

    private async Task FollowAsync(List<ForwardRow> rows, List<ForwardItem> items, ForwardOutcome outcome)
    {
        var changes = new ForwardChanges();
        foreach (var refusal in outcome.Refused.Where(r => r.Index < rows.Count))
        {
            Refuse(rows[refusal.Index], items[refusal.Index].Name, refusal.Reason, refusal.Detail, changes);
        }

        var refused = outcome.Refused.Select(r => r.Index).ToHashSet();
        var others = rows.Where((_, i) => !refused.Contains(i)).ToList();
        switch (outcome.Decision.Kind)
        {
            case DecisionKind.Done:
                changes.Gone.AddRange(others);
                context.Run.Count(way == ForwardWay.Groups ? "group_updates_sent" : "updates_sent", others.Count);
                Grow();
                _backoff.Succeeded();
                _refusals.Taken();
                Clear();
                break;
            case DecisionKind.DeadLetter when rows.Count == 1:
                if (_refusals.IsOfRecord(context.Now))
                {
                    Refuse(rows[0], items[0].Name, outcome.Decision.Reason, outcome.Decision.Detail, changes);
                    Grow();
                    Clear();
                    break;
                }

                changes.Again.AddRange(others);
                Hold(outcome.Decision.Detail, WholeRefusals.Hold);
                break;
            case DecisionKind.DeadLetter when outcome.MayBePartlyDone && !rows[0].IsRepeatable:
                // In smaller calls, those that were done would be done twice.
                _limit = 1;
                others.ForEach(r => Unknown(r, $"The call was refused without saying for which of its operations ({outcome.Decision.Detail})", changes));
                break;
            case DecisionKind.DeadLetter:
                _limit = rows.Count / 2;
                changes.Again.AddRange(others);
                break;
            case DecisionKind.Unknown when !rows[0].IsRepeatable:
                // As few as possible follow it until one is answered.
                _limit = 1;
                others.ForEach(r => Unknown(r, "The call had no answer", changes));
                _backoff.Failed(outcome.Decision.After);
                break;
            case DecisionKind.Pause:
                changes.Again.AddRange(others);
                Hold(outcome.Decision.Detail, outcome.Decision.After);
                break;
            default:
                changes.Again.AddRange(others);
                context.Run.Count("retried");
                _backoff.Failed(outcome.Decision.After);
                break;
        }

        await context.CommitAsync(changes);
    }

    private void Grow() => _limit = Math.Min(context.Destination.MaxRecords, _limit * 2);

    private void Clear()
    {
        if (!_refusals.IsLikelySetting)
        {
            context.Run.Pause(Name, null);
        }
    }

    private void Hold(string reason, TimeSpan length)
    {
        context.Run.Pause(Name, reason);
        _backoff.Hold(length);
    }

    private void Unknown(ForwardRow row, string why, ForwardChanges changes)
    {
        var name = context.Destination.Map(row).Name;
        context.Run.Unknown(name, row);
        changes.Gone.Add(row);
        changes.DeadLetters.Add(Letter(
            row, name, "outcome_unknown", $"{why}, and doing it twice would be wrong: look whether it was done, and let it be tried again if it was not."));
    }

    private void Refuse(ForwardRow row, string name, string reason, string detail, ForwardChanges changes)
    {
        context.Run.Count("refused");
        changes.Gone.Add(row);
        changes.DeadLetters.Add(Letter(row, name, reason, detail));
    }

    private DeadLetter Letter(ForwardRow row, string name, string reason, string detail) => new(
        ForwardLetter.IdOf(row), context.Destination.Name, reason, detail, way == ForwardWay.Profiles ? row.Owner : null, name,
        Encoding.UTF8.GetString(row.Record), "open", context.Now);
}
