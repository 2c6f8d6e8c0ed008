namespace Sluice.Core.Delivery.Limiter;

/// <summary>One rule of a budget: at most <see cref="Limit"/> calls in any span of <see cref="Length"/>, wherever that span
/// begins.</summary>
public readonly record struct BudgetWindow
{
    /// <summary>Makes a window.</summary>
    /// <param name="limit">Calls allowed in the window, at least 1.</param>
    /// <param name="length">Length of the window, from one millisecond to 31 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public BudgetWindow(int limit, TimeSpan length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, MinLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);
        Limit = limit;
        Length = length;
    }

    /// <summary>The shortest window that a book can keep.</summary>
    public static TimeSpan MinLength { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest window that a book can keep.</summary>
    public static TimeSpan MaxLength { get; } = TimeSpan.FromDays(31);

    /// <summary>How many calls the window may hold.</summary>
    public int Limit { get; }

    /// <summary>How long the window is.</summary>
    public TimeSpan Length { get; }
}
