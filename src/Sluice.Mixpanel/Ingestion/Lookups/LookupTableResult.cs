namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>What a file turned out to be.</summary>
/// <param name="Columns">The names of the columns, the key's first; empty when there was no header.</param>
/// <param name="Rows">How many rows were handed over.</param>
/// <param name="Failure">Why the file cannot be used, or null. Then nothing that was handed over may stay.</param>
public sealed record LookupTableResult(IReadOnlyList<string> Columns, int Rows, LookupTableFailure? Failure);

/// <summary>Why a file cannot be used.</summary>
/// <param name="StatusCode">The HTTP status of the answer: 413 for a file that is too large, otherwise 400.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Rows">The first bad rows; empty when it is not the rows.</param>
public sealed record LookupTableFailure(int StatusCode, string Message, IReadOnlyList<FailedLookupRow> Rows);

/// <summary>A row that cannot be used.</summary>
/// <param name="Index">Its number, from 1; the header is row 0.</param>
/// <param name="Message">What is wrong with it.</param>
public readonly record struct FailedLookupRow(int Index, string Message);
