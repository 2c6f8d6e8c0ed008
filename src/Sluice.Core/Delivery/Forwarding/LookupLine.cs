using System.Text;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>Passes lookup tables on. What counts is the table as it is: of several replacements that wait the last one is enough.</summary>
internal sealed class LookupLine(ForwardContext context) : IForwardLine
{
    private readonly Backoff _backoff = context.NewBackoff();

    public string Name => "lookup tables";

    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await _backoff.WaitAsync(cancellationToken);
        var rows = await context.ReadAsync(
            (f, token) => f.ReadAsync(context.Project, ForwardWay.Lookups, context.Options.OperationsAtOnce, context.Destination.MaxBytes, token), cancellationToken);
        if (rows.Count == 0)
        {
            return false;
        }

        var lookup = Encoding.UTF8.GetString(rows[0].Record);
        var same = rows.Where(r => r.Record.AsSpan().SequenceEqual(rows[0].Record)).ToList();
        var outcome = await context.Destination.SendTableAsync(lookup, cancellationToken);
        context.Run.Count("calls");
        var changes = new ForwardChanges();
        switch (outcome.Decision.Kind)
        {
            case DecisionKind.Done:
                changes.Gone.AddRange(same);
                context.Run.Count("tables_sent");
                Goes();
                break;
            case DecisionKind.DeadLetter:
                context.Run.Count("refused");
                changes.Gone.AddRange(same);
                changes.DeadLetters.Add(new DeadLetter(
                    ForwardLetter.IdOf(same[^1]), context.Destination.Name, outcome.Decision.Reason, outcome.Decision.Detail, null, lookup, lookup, "open", context.Now));
                Goes();
                break;
            case DecisionKind.Pause:
                context.Run.Pause(Name, outcome.Decision.Detail);
                _backoff.Hold(outcome.Decision.After);
                return true;
            default:
                context.Run.Count("retried");
                _backoff.Failed(outcome.Decision.After);
                return true;
        }

        await context.CommitAsync(changes);
        return true;
    }

    private void Goes()
    {
        _backoff.Succeeded();
        context.Run.Pause(Name, null);
    }
}
