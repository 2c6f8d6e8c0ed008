using System.Text;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Webhook;

namespace Sluice.Destinations.Tests.Webhook;

public sealed class WebhookMapperTests
{
    private const string Project = "shop";

    [Fact]
    public void An_event_goes_as_it_came_with_whose_it_is_and_what_is_wanted_of_the_profile()
    {
        var mapped = Map("""{"distinct_id":"ana","token":"abc","amount":12.50,"items":[{"sku":"ü"}]}""", "ana", """{"$email":"ana@example.org","plan":"pro","city":null}""");

        Assert.Equal(
            """{"id":"evt_","event":"Purchase","time":"2026-03-02T09:00:00.250Z","distinct_id":"ana","properties":{"distinct_id":"ana","amount":12.50,"items":[{"sku":"ü"}]},"person":{"distinct_id":"ana","properties":{"$email":"ana@example.org","city":null}}}""",
            Encoding.UTF8.GetString(mapped.Json).Replace(mapped.Id, "evt_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"$user_id":"ana","$device_id":"d1"}""", "ana", "ana")]
    [InlineData("""{"$device_id":"d1"}""", "$device:d1", "$device:d1")]
    [InlineData("""{"distinct_id":17}""", "17", "17")]
    [InlineData("""{"distinct_id":"somebody else"}""", "ana", null)]
    public void The_id_is_the_one_that_the_event_is_stored_under(string properties, string storedUnder, string? shown)
    {
        using var json = JsonDocument.Parse(Map(properties, storedUnder, "{}").Json);
        Assert.Equal(shown, json.RootElement.TryGetProperty("distinct_id", out var id) ? id.GetString() : null);
    }

    [Fact]
    public void An_event_has_the_same_id_at_every_try_and_another_than_every_other()
    {
        Assert.Equal(Map("{}", "ana", "{}").Id, Map("{}", "ana", """{"plan":"pro"}""").Id);
        Assert.NotEqual(Map("{}", "ana", "{}").Id, Map("{}", "ana", "{}", number: 2).Id);
    }

    [Fact]
    public void What_no_message_can_hold_is_refused()
    {
        var mapping = new WebhookMapper(Project, []).Map(Logged($$"""{"text":"{{new string('x', 1_000_000)}}"}""", "ana", 1), Person("{}"));
        Assert.Equal((null, "too_large"), (mapping.Event, mapping.Reason));
    }

    [Fact]
    public void The_same_events_are_the_same_message_and_the_frame_keeps_its_bound()
    {
        var one = Map("{}", "ana", "{}");
        var two = Map("{}", "ana", "{}", number: 2);
        var project = new string('p', 64);
        var message = WebhookMessage.Of(project, [one, two]);

        Assert.Equal(message.Id, WebhookMessage.Of(project, [one, two]).Id);
        Assert.Equal(message.Body, WebhookMessage.Of(project, [one, two]).Body);
        Assert.NotEqual(message.Id, WebhookMessage.Of(project, [two, one]).Id);
        Assert.NotEqual(message.Id, WebhookMessage.Of(project, [one]).Id);
        Assert.InRange(message.Body.Length, one.Json.Length + two.Json.Length, one.Json.Length + two.Json.Length + 1 + WebhookMessage.FrameBytes);
        using var json = JsonDocument.Parse(message.Body);
        Assert.Equal("events", json.RootElement.GetProperty("type").GetString());
        Assert.Equal(
            [one.Id, two.Id], json.RootElement.GetProperty("data").GetProperty("events").EnumerateArray().Select(e => e.GetProperty("id").GetString()));
    }

    private static WebhookEvent Map(string properties, string storedUnder, string profile, int number = 1) =>
        (WebhookEvent)new WebhookMapper(Project, ["$email", "city"]).Map(Logged(properties, storedUnder, number), Person(profile)).Event!.Payload;

    private static LoggedEvent Logged(string properties, string storedUnder, int number) => new(
        new LogPosition(3, number), "Purchase", new DateTimeOffset(2026, 3, 2, 9, 0, 0, 250, TimeSpan.Zero).ToUnixTimeMilliseconds(),
        PersonKey.Of(Project, storedUnder), Origin.Received, Encoding.UTF8.GetBytes(properties));

    private static PersonState Person(string profile) => new() { Key = PersonKey.Of(Project, "ana"), DistinctId = "ana", Properties = profile };
}
