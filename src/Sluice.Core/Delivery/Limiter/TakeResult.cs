namespace Sluice.Core.Delivery.Limiter;

/// <summary>What a book answered to a caller that asked for a permit.</summary>
/// <param name="Permit">The permit, or null when there is none now.</param>
/// <param name="NotBefore">
/// Without a permit: the earliest time at which asking again can succeed, as far as the book knows. Others may take what becomes free then,
/// and calls that are given back unused may make it earlier. With one: the time of the grant.
/// </param>
/// <param name="Cause">Without a permit: what the caller waits for.</param>
public readonly record struct TakeResult(Permit? Permit, DateTimeOffset NotBefore, WaitCause Cause);
