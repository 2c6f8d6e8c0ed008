namespace Sluice.Core.Delivery.Limiter;

/// <summary>Calls under one permit whose answers are not there. Times are microseconds.</summary>
/// <param name="Number">The number of the permit.</param>
/// <param name="Count">How many of its calls are without an answer.</param>
/// <param name="GrantedAt">When it was granted.</param>
/// <param name="Deadline">When its calls are taken for answered at the latest.</param>
/// <param name="UsedBefore">For each window, how many calls occupied it just before the grant.</param>
internal readonly record struct InFlightPermit(long Number, int Count, long GrantedAt, long Deadline, int[] UsedBefore);
