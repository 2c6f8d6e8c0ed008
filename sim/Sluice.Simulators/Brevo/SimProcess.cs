namespace Sluice.Simulators.Brevo;

/// <summary>An asynchronous job of the account.</summary>
internal sealed class SimProcess(long id, string name)
{
    public long Id => id;

    public string Name => name;

    public string Status { get; set; } = "queued";

    public string? ExportUrl { get; set; }

    public string? Error { get; set; }

    /// <summary>Addresses of the CSV files about an import, by the name that <c>info.import</c> has for them; null until it ended.</summary>
    public Dictionary<string, string>? ImportFiles { get; set; }

    public bool IsImport { get; init; }

    public int Rows { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
}
