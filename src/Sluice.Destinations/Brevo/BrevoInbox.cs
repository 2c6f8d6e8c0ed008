using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Destinations.Brevo.Campaigns;

namespace Sluice.Destinations.Brevo;

/// <summary>
/// Takes Brevo's webhooks. Who unsubscribes, complains, bounces for good or is deleted there is suppressed here, durably,
/// before Brevo gets its answer: it sends an event again for a time-out, but not after most errors.
/// </summary>
/// <param name="tokens">The bearer token of each project that has one.</param>
/// <param name="campaigns">Keeps what became of messages as events.</param>
/// <param name="jobEnded">Told that a job of a project has ended, with the job's token.</param>
public sealed class BrevoInbox(
    IReadOnlyDictionary<string, string> tokens, ISuppressions suppressions, CampaignIntake campaigns, Action<string, string> jobEnded, TimeProvider time) : IDestinationInbox
{
    public string Destination => BrevoDestination.DestinationName;

    public bool Accepts(string project, string bearerToken) =>
        tokens.TryGetValue(project, out var token)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(bearerToken)));

    public async Task ReceiveAsync(string project, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var entries = new List<SuppressionEntry>();
        using var document = Parse(body);

        // Batched webhooks send an array, others one object.
        JsonElement[] items = document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray()] : [document.RootElement];
        foreach (var item in items)
        {
            Read(item, entries);
        }

        if (entries.Count > 0)
        {
            await suppressions.AddAsync(project, entries, cancellationToken);
        }

        await campaigns.TakeAsync(project, items, cancellationToken);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw new InboxFormatException("The body is not JSON.", e);
        }
    }

    public Task JobEndedAsync(string project, string token, CancellationToken cancellationToken)
    {
        jobEnded(project, token);
        return Task.CompletedTask;
    }

    private void Read(JsonElement item, List<SuppressionEntry> entries)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("event", out var name) || name.ValueKind != JsonValueKind.String)
        {
            throw new InboxFormatException("Every event is an object with a text \"event\".");
        }

        // The payload's names differ from those that are subscribed to; both are taken.
        var reason = name.GetString() switch
        {
            "unsubscribe" or "unsubscribed" => "unsubscribed",
            "spam" => "spam",
            "hard_bounce" or "hardBounce" => "hard_bounce",
            "contact_deleted" or "contactDeleted" => "contact_deleted",
            _ => null,
        };
        if (reason is null || !item.TryGetProperty("email", out var email))
        {
            return;
        }

        var addresses = email.ValueKind == JsonValueKind.Array ? email.EnumerateArray() : Enumerable.Repeat(email, 1);
        foreach (var address in addresses.Where(a => a.ValueKind == JsonValueKind.String))
        {
            entries.Add(new SuppressionEntry(address.GetString()!.Trim().ToLowerInvariant(), null, 0, reason, "webhook", At(item)));
        }
    }

    private DateTimeOffset At(JsonElement item)
    {
        // Only the epoch seconds are in UTC; the dates beside them are in the account's zone or in Paris time.
        foreach (var field in new[] { "ts_event", "ts" })
        {
            if (item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_800)
            {
                return DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
        }

        return time.GetUtcNow();
    }
}
