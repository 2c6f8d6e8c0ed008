using System.Text.RegularExpressions;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

internal static partial class DestinationKeys
{
    private static readonly TextShape Word = new("text", pattern: null, "text on one line");

    public static readonly Key<string> Name = new(
        "name",
        new TextShape("text", NameForm(), "a small letter, then up to 31 small letters, digits, _ or -; not brevo or mixpanel"),
        "What the destination is called in runs and dead letters, and its place in the event log: under another name it begins at the start of the log.")
    {
        IsRequired = true,
        Example = "crm",
    };

    public static readonly Key<DestinationType> Type = new(
        "type", new ChoiceShape<DestinationType>(("webhook", DestinationType.Webhook)), "What kind of system it is.")
    {
        IsRequired = true,
        Example = "webhook",
    };

    public static readonly Key<Uri> Url = new("url", new UrlShape { KeepsPath = true }, "Where the messages are sent. Redirects are not followed.")
    {
        IsRequired = true,
        Example = "https://crm.example.com/hooks/sluice",
    };

    public static readonly Key<IReadOnlyList<Placed<Secret>>> Secret = new(
        "secret",
        new SeveralShape<Secret>(
            new SecretShape { Check = text => WebhookDestinationSettings.IsSecret(text) ? null : "is not whsec_ and 24 to 64 bytes in base64" }, mayBeEmpty: false),
        "Signs the messages: `whsec_` and 24 to 64 random bytes in base64 (`openssl rand -base64 32`). Two while one replaces the other: then each message has two signatures.")
    {
        IsRequired = true,
        Example = "${CRM_WEBHOOK_SECRET}",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> Events = new(
        "events", new SeveralShape<string>(Word, mayBeEmpty: false), "Mixpanel's names of the events that are sent; `\"*\"` for all.")
    {
        Without = "every event",
        Example = "[Purchase, \"Sign Up\"]",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> Properties = new(
        "properties", new SeveralShape<string>(Word, mayBeEmpty: true), "Properties of the person's profile that go along with each event, as they are when it is sent.")
    {
        Without = "none",
        Example = "[$email, plan]",
    };

    public static readonly Key<long> Rate = new("rate", new IntegerShape(1, 1_000), "Calls a second.")
    {
        Default = 10,
        DefaultText = "10",
        Example = "2",
    };

    public static readonly Key<long> Batch = new("batch", new IntegerShape(1, 1_000), "Events a call, at most; a call is never larger than 1 MB.")
    {
        Default = 100,
        DefaultText = "100",
        Example = "1",
    };

    public static readonly Key<IReadOnlyList<BlockReader>> Destinations = new(
        "destinations",
        new BlockListShape(new BlockShape(Name, Type, Url, Secret, Events, Properties, Rate, Batch)),
        "Further systems that get the project's events, beside Brevo.")
    {
        Without = "none",
    };

    [GeneratedRegex(@"^(?!brevo\z|mixpanel\z)[a-z][a-z0-9_-]{0,31}\z")]
    private static partial Regex NameForm();
}

/// <summary>Kinds of an entry of <c>destinations</c>.</summary>
internal enum DestinationType
{
    Webhook,
}
