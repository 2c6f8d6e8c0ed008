namespace Sluice.Core.Delivery.Worker;

/// <summary>The people whom the destination would not take in an import that otherwise succeeded: refused, and told to a person.</summary>
internal static class Rejections
{
    public static async Task WriteAsync(
        WorkerContext context, Job job, IReadOnlyList<(string Email, string Reason)> rejected, CancellationToken cancellationToken)
    {
        foreach (var group in rejected.Chunk(500))
        {
            var reasons = group.GroupBy(r => r.Email, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Reason, StringComparer.Ordinal);
            var people = await context.Ledger.FindByAddressAsync(context.Scope, [.. reasons.Keys], cancellationToken);
            var changes = new LedgerChanges();
            foreach (var plan in (await context.PlanAsync(people, cancellationToken)).Where(p => p.State.Contact?.Job == job.Id))
            {
                var reason = reasons.GetValueOrDefault(plan.State.Contact!.Email ?? "", "refused");
                changes.Contacts.Add(new ContactChange(plan.State.Key, plan.State.Contact with { State = LedgerState.Refused, Job = null, Reason = reason }));
                changes.Members.Add(new MemberChange(job.List, plan.State.Key, null));
                changes.DeadLetters.Add(Sender.Letter(plan, context, reason, "The destination would not take the contact in an import."));
            }

            await context.CommitAsync(changes, cancellationToken);
        }
    }
}
