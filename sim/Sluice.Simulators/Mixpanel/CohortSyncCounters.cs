namespace Sluice.Simulators.Mixpanel;

/// <summary>Counts since the simulator was made.</summary>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Retries">Requests that repeated one that failed.</param>
/// <param name="Succeeded">Requests answered with success.</param>
/// <param name="Unanswered">Requests that got no answer.</param>
/// <param name="MembersSent">Members in all bodies, repeats included.</param>
/// <param name="BytesSent">Bytes of all bodies, repeats included.</param>
/// <param name="RunsSucceeded">Runs that succeeded.</param>
/// <param name="RunsFailed">Runs that did not.</param>
/// <param name="Violations">Answers' departures from the contract.</param>
public sealed record CohortSyncCounters(
    long Requests, long Retries, long Succeeded, long Unanswered, long MembersSent, long BytesSent,
    long RunsSucceeded, long RunsFailed, long Violations);
