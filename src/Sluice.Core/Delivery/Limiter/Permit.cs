namespace Sluice.Core.Delivery.Limiter;

/// <summary>
/// The right to make <see cref="Count"/> calls before <see cref="Deadline"/>. Whoever holds it gives every one of them up again, with
/// <see cref="PermitBook.Complete"/> when its answer is there or with <see cref="PermitBook.Return"/> when it was not made.
/// </summary>
/// <param name="Book">The book that granted it. A book made anew has another value, so an old permit cannot free a new one.</param>
/// <param name="Number">The number of its first call. A book counts its grants and never uses a number twice.</param>
/// <param name="Count">How many calls it is good for, at least 1.</param>
/// <param name="Deadline">
/// No call under this permit may reach the remote after this. A permit that was never given up is taken for answered at this time, so a
/// caller that cannot stop a request by then must not ask for so early a deadline.
/// </param>
public readonly record struct Permit(ulong Book, long Number, int Count, DateTimeOffset Deadline);
