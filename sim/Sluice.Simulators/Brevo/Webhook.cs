namespace Sluice.Simulators.Brevo;

/// <summary>A registered webhook.</summary>
internal sealed class Webhook(long id, string type)
{
    public long Id => id;

    public string Type => type;

    public required Uri Url { get; set; }

    public required List<string> Events { get; set; }

    public string Description { get; set; } = "";

    public string Channel { get; set; } = "email";

    public bool Batched { get; set; }

    public (string Type, string Token)? Auth { get; set; }

    public List<KeyValuePair<string, string>> Headers { get; set; } = [];

    public string Domain { get; set; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ModifiedAt { get; set; }

    /// <summary>Events that wait for the next batch.</summary>
    public List<byte[]> Waiting { get; } = [];
}

/// <summary>One try to deliver a webhook.</summary>
/// <param name="Time">When its outcome was known.</param>
/// <param name="WebhookId">The webhook.</param>
/// <param name="Url">Where to, without credentials.</param>
/// <param name="Attempt">1 for the first try.</param>
/// <param name="Status">The answer; 0 when there was none in time.</param>
/// <param name="Events">How many events it carried.</param>
/// <param name="WillRetry">Whether another try follows. An event that was neither accepted nor is tried again is lost.</param>
public sealed record BrevoDelivery(
    DateTimeOffset Time, long WebhookId, string Url, int Attempt, int Status, int Events, bool WillRetry);
