namespace Sluice.Simulators.Brevo;

/// <summary>The account's webhooks: who is told what, at once or in batches, and when a failure is tried again.</summary>
internal sealed class WebhookBook(BrevoAccount account)
{
    private readonly SortedDictionary<long, Webhook> _all = [];
    private readonly Queue<BrevoDelivery> _deliveries = new();
    private long _lastId;

    public IReadOnlyCollection<Webhook> All => _all.Values;

    public IReadOnlyCollection<BrevoDelivery> Deliveries => _deliveries;

    public Webhook? Find(long id) => _all.GetValueOrDefault(id);

    public long NextId() => ++_lastId;

    public void Add(Webhook webhook) => _all.Add(webhook.Id, webhook);

    public bool Remove(long id) => _all.Remove(id);

    public void Unsubscribed(string email, IReadOnlyList<long> lists) => Publish(
        "unsubscribed", id => WebhookPayloads.Unsubscribe(id, email, lists, account.Now, account.Options.AccountTimeZone));

    public void Spam(string email) => Complaint("spam", "spam", email, "marked as spam");

    public void HardBounce(string email) => Complaint("hardBounce", "hard_bounce", email, "mailbox does not exist");

    public void SoftBounce(string email) => Complaint("softBounce", "soft_bounce", email, "mailbox is full");

    public void ListAddition(Contact contact, IReadOnlyList<long> lists) => Publish(
        "listAddition",
        id => WebhookPayloads.ListAddition(id, contact.Email ?? "", lists, account.Now, account.Options.AccountTimeZone));

    public void ContactUpdated(Contact contact, IReadOnlyList<(string Name, object? Value)> changed) => Publish(
        "contactUpdated",
        id => WebhookPayloads.ContactUpdated(id, contact.Email ?? "", changed, account.Now, account.Options.AccountTimeZone));

    public void ContactDeleted(string email) =>
        Publish("contactDeleted", id => WebhookPayloads.ContactDeleted(id, email, account.Now));

    private void Complaint(string subscription, string name, string email, string reason) => Publish(
        subscription, id => WebhookPayloads.Complaint(id, name, email, reason, account.Now, account.Options.AccountTimeZone));

    // A subscription holds for the whole account: every list and every contact fires.
    private void Publish(string subscription, Func<long, byte[]> payload)
    {
        foreach (var webhook in _all.Values)
        {
            if (webhook.Type != "marketing" || !webhook.Events.Contains(subscription))
            {
                continue;
            }

            if (!webhook.Batched)
            {
                Try(webhook, payload(webhook.Id), events: 1, attempt: 1, account.Now);
                continue;
            }

            webhook.Waiting.Add(payload(webhook.Id));
            if (webhook.Waiting.Count == 1)
            {
                account.Schedule.After(account.Options.WebhookBatchInterval, () => SendBatches(webhook));
            }
        }
    }

    private void SendBatches(Webhook webhook)
    {
        foreach (var chunk in webhook.Waiting.Chunk(account.Options.WebhookBatchSize))
        {
            Try(webhook, WebhookPayloads.Batch(chunk), chunk.Length, attempt: 1, account.Now);
        }

        webhook.Waiting.Clear();
    }

    private void Try(Webhook webhook, byte[] body, int events, int attempt, DateTimeOffset firstTry)
    {
        if (!_all.ContainsKey(webhook.Id))
        {
            return;
        }

        List<KeyValuePair<string, string>> headers = [.. webhook.Headers];
        if (webhook.Auth is { Token: { } token })
        {
            headers.Add(new("Authorization", $"Bearer {token}"));
        }

        account.Http.Send(webhook.Url, headers, body, status =>
        {
            // Only silence and 429 are tried again. Any other refusal, 5xx included, ends it and the event is lost.
            var willRetry = status is 0 or 429 && attempt <= account.Options.WebhookRetries.Count;
            _deliveries.Enqueue(new BrevoDelivery(
                account.Now,
                webhook.Id,
                webhook.Url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped),
                attempt,
                status,
                events,
                willRetry));
            if (_deliveries.Count > account.Options.LogEntries)
            {
                _deliveries.Dequeue();
            }

            if (willRetry)
            {
                var at = firstTry + account.Options.WebhookRetries[attempt - 1];
                account.Schedule.After(at - account.Now, () => Try(webhook, body, events, attempt + 1, firstTry));
            }
        });
    }
}
