using Sluice.Destinations.Webhook;

namespace Sluice.Configuration;

/// <summary>One entry of <c>destinations</c>: a service of the customer's own that gets events as signed messages.</summary>
/// <param name="Name">Names the destination in runs and dead letters; no two of a project have the same.</param>
/// <param name="Url">Where the messages go.</param>
/// <param name="Secrets">Every message is signed with each; one, or two while one replaces the other.</param>
/// <param name="Events">Mixpanel's names of the events that are sent. Null: all.</param>
/// <param name="Properties">Properties of the person's profile that go along. Default: none.</param>
/// <param name="Rate">Calls a second. Default: 10.</param>
/// <param name="Batch">Events a call, at most. Default: 100.</param>
public sealed record WebhookDestinationSettings(
    string Name, Uri Url, IReadOnlyList<Secret> Secrets, IReadOnlyList<string>? Events, IReadOnlyList<string> Properties, int Rate, int Batch)
{
    /// <summary>Whether a text is a secret of the right form, <see cref="WebhookSecret"/>.</summary>
    public static bool IsSecret(string text) => WebhookSecret.TryParse(text) is not null;
}
