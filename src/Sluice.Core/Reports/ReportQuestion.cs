namespace Sluice.Core.Reports;

/// <summary>A question to a query endpoint, as Mixpanel's clients write it.</summary>
/// <param name="Path">The path that Mixpanel knows, from <c>/api/2.0/</c> or <c>/api/query/</c> on.</param>
/// <param name="Parameters">Those of the address. None of them opens anything or says which project is meant.</param>
public sealed record ReportQuestion(string Path, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    /// <summary>The fields of a body; null for a question without one.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Fields { get; init; }

    /// <summary>A body of JSON; null for a question without one.</summary>
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <summary>Whether it is posted; with a body it always is.</summary>
    public bool IsPost { get; init; }

    /// <summary>Whether it is for the raw export, whose answer is of any size.</summary>
    public bool IsExport => Path.EndsWith("/export", StringComparison.Ordinal);
}
