namespace Sluice.Configuration;

/// <summary>The block <c>event_mapping</c>.</summary>
/// <param name="Names">Mixpanel's event name to Brevo's.</param>
/// <param name="SendUnmapped">Whether an event without an entry is sent under its own name: <c>"*": "*"</c>, or no block at all.</param>
public sealed record EventMapping(IReadOnlyDictionary<string, string> Names, bool SendUnmapped)
{
    /// <summary>What holds without the block: every event, under its own name.</summary>
    public static EventMapping SendAll { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal), SendUnmapped: true);

    /// <summary>The name to send the event under, or null when it is not sent.</summary>
    public string? NameOf(string mixpanelEvent) =>
        Names.TryGetValue(mixpanelEvent, out var name) ? name : SendUnmapped ? mixpanelEvent : null;
}
