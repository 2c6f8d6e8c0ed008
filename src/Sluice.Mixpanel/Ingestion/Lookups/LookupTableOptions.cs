namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>How large a lookup table may be. A new instance holds Mixpanel's limits.</summary>
public sealed record LookupTableOptions
{
    /// <summary>The largest file.</summary>
    /// <value>Bytes, after any content encoding was undone; default 100 MiB.</value>
    public long MaxBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary>The most rows without the header.</summary>
    /// <value>Rows; default 5,000,000, which at Mixpanel is the limit of all tables together.</value>
    public int MaxRows { get; init; } = 5_000_000;

    /// <summary>The largest row; it bounds the memory of reading.</summary>
    /// <value>Bytes; default 1 MiB.</value>
    public int MaxRowBytes { get; init; } = 1024 * 1024;

    /// <summary>How many bad rows are reported; reading stops there.</summary>
    /// <value>Rows; default 10.</value>
    public int MaxFailedRows { get; init; } = 10;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxRowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRowBytes, 256 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxFailedRows);
    }
}
