namespace Sluice.Core.Delivery.Companies;

/// <summary>
/// Makes the calls about one company. Once one has been made, a budget that is used up is waited for: whoever began anew would spend each
/// permit on the first call, and never get as far as the second.
/// </summary>
internal sealed class CompanyCalls(CompanyRun run, TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private bool _begun;

    public async Task<T> MakeAsync<T>(string counted, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var answer = await call();
                _begun = true;
                run.Count(counted);
                return answer;
            }
            catch (DeliveryException e) when (_begun && IsBudget(e.Decision))
            {
                run.Wait(e.Decision);
                await run.SaveAsync(ended: false, cancellationToken);
                await Task.Delay(e.Decision.After > Shortest ? e.Decision.After : Shortest, time, cancellationToken);
                run.Waits = null;
            }
        }
    }

    public static bool IsBudget(Decision decision) => decision.Reason is "budget" or "rate_limited";
}
