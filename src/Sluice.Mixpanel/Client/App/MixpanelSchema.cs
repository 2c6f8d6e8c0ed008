using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>What the schema of an event or of profiles says.</summary>
/// <param name="EntityType"><see cref="Event"/> or <see cref="Profile"/>.</param>
/// <param name="Name">The event's name; <c>$user</c> for the profiles of people.</param>
/// <param name="Definition">
/// The schema itself: <c>description</c>, <c>properties</c>, <c>metadata</c>. What is missing of the metadata is kept as it was; null takes it away. A <c>dropped</c> event is no
/// longer stored when it comes in.
/// </param>
public sealed record MixpanelSchema(string EntityType, string Name, JsonElement Definition)
{
    /// <summary>The schema of an event.</summary>
    public const string Event = "event";

    /// <summary>The schema of profiles.</summary>
    public const string Profile = "profile";
}
