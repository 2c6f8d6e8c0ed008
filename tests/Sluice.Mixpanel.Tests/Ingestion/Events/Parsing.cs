using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Events;

/// <summary>What became of a body, copied out of the batch.</summary>
internal sealed record Parsed(
    List<MixpanelEvent> Events, List<string> Properties, List<FailedRecord> Failed, int Received, int Ignored, int IdentityIgnored, int Late,
    int Truncated)
{
    public static readonly EventParserOptions Import = new();
    public static readonly EventParserOptions Track = new() { Rules = EventRules.Track };

    public MixpanelEvent Event => Assert.Single(Events);

    public FailedRecord Failure => Assert.Single(Failed);

    public static Parsed Of(string body, EventParserOptions options) => Of(Bodies.Utf8(body), options);

    public static Parsed Of(byte[] body, EventParserOptions options)
    {
        Assert.True(new EventParser(options).TryParse(body, Bodies.Now, out var batch, out var failure), failure?.Message);
        using (batch)
        {
            var properties = batch.Events.Select(item => Bodies.Text(item.Properties)).ToList();
            return new Parsed(
                [.. batch.Events], properties, [.. batch.Failed], batch.Received, batch.Ignored, batch.IdentityIgnored, batch.Late,
                batch.Truncated);
        }
    }

    public static BodyFailure FailureOf(byte[] body, EventParserOptions options)
    {
        Assert.False(new EventParser(options).TryParse(body, Bodies.Now, out _, out var failure));
        return failure;
    }

    public static BodyFailure FailureOf(string body, EventParserOptions options) => FailureOf(Bodies.Utf8(body), options);

    /// <summary>An event that <c>/import</c> takes, with these properties beside the required ones.</summary>
    public static string ImportEvent(string properties, string name = "e") =>
        $$"""{"event":"{{name}}","properties":{"time":1767225600,"distinct_id":"u","$insert_id":"i-1"{{Joined(properties)}} } }""";

    /// <summary>An event that <c>/track</c> takes, with these properties beside the token.</summary>
    public static string TrackEvent(string properties, string name = "e") =>
        $$"""{"event":"{{name}}","properties":{"token":"TKN"{{Joined(properties)}} } }""";

    private static string Joined(string properties) => properties.Length == 0 ? "" : "," + properties;
}
