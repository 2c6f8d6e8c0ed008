using System.Text;

namespace Sluice.Brevo.Tests;

public sealed class EventTests
{
    private static readonly BrevoEventIdentifiers Someone = new() { ExternalId = "u1" };

    [Theory]
    [InlineData("order_completed", true)]
    [InlineData("A-9", true)]
    [InlineData("", false)]
    [InlineData("Page View", false)]
    [InlineData("é", false)]
    [InlineData("$city", false)]
    public void A_name_has_only_letters_digits_hyphens_and_underscores(string name, bool valid)
    {
        Assert.Equal(valid, BrevoEvent.IsName(name));
        Assert.Equal(!valid, Record.Exception(() => BrevoEvent.Create(name, Someone, null, "{}"u8)) is ArgumentException);
    }

    [Fact]
    public void A_name_has_at_most_255_characters()
    {
        Assert.True(BrevoEvent.IsName(new string('a', 255)));
        Assert.False(BrevoEvent.IsName(new string('a', 256)));
    }

    [Fact]
    public void An_event_without_an_identifier_is_refused() =>
        Assert.Throws<ArgumentException>(() => BrevoEvent.Create("a", new BrevoEventIdentifiers { Email = "" }, null, "{}"u8));

    [Fact]
    public void Properties_are_an_object_of_at_most_50_kilobytes()
    {
        Assert.Throws<ArgumentException>(() => BrevoEvent.Create("a", Someone, null, "[1]"u8));
        Assert.Throws<ArgumentException>(() => BrevoEvent.Create("a", Someone, null, Properties(BrevoEvent.MaxPropertiesBytes + 1)));
        Assert.InRange(BrevoEvent.Create("a", Someone, null, Properties(BrevoEvent.MaxPropertiesBytes)).ByteCount, BrevoEvent.MaxPropertiesBytes, BrevoEvent.MaxPropertiesBytes + 100);
    }

    [Fact]
    public void A_batch_takes_200_events()
    {
        var batch = new BrevoEventBatch();
        var item = BrevoEvent.Create("a", Someone, null, "{}"u8);
        Assert.All(Enumerable.Range(0, 200), _ => Assert.True(batch.TryAppend(item)));
        Assert.False(batch.TryAppend(item));
        Assert.Equal(200, batch.Count);
    }

    [Fact]
    public async Task A_batch_takes_512_kilobytes_to_the_byte()
    {
        var batch = new BrevoEventBatch();
        var item = BrevoEvent.Create("a", Someone, null, Properties(50_000));
        while (batch.TryAppend(item))
        {
            Assert.InRange(batch.ByteCount, 1, BrevoEventBatch.MaxBytes);
        }

        Assert.Equal(10, batch.Count);
        var fake = new FakeBrevo().Answer(202, """{"count":10}""");
        await fake.Client().CreateEventsAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        var body = fake.Requests[0][(fake.Requests[0].IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        Assert.InRange(Encoding.UTF8.GetByteCount(body), 1, batch.ByteCount);
    }

    [Fact]
    public async Task What_was_queued_is_counted()
    {
        var fake = new FakeBrevo().Answer(202, """{"message":"Events have been queued","count":7}""");
        var result = await fake.Client().CreateEventsAsync(Two(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(7, result.Accepted);
        Assert.Empty(result.Refused);
    }

    [Fact]
    public async Task A_partial_answer_names_what_was_refused()
    {
        var fake = new FakeBrevo().Answer(207, """
            {"status":"partial_success","total_events":2,"successful_events":1,"failed_events":1,"errors":[{"eventIndex":[1],"message":"bad jane@example.test"}]}
            """);
        var result = await fake.Client().CreateEventsAsync(Two(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, result.Accepted);
        Assert.Equal(1, Assert.Single(result.Refused).Index);
        Assert.DoesNotContain("jane", result.Refused[0].Message!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stored_events_are_read_with_their_properties()
    {
        var fake = new FakeBrevo().Answer(200, """
            {"events":[{"contact_id":5,"event_date":"2026-08-22T09:15:00.250+02:00","event_name":"a","event_properties":{"insert_id":"e1"}},{"contact_id":6}],"count":2}
            """);
        var page = await fake.Client().GetEventsAsync(new BrevoEventQuery(), TestContext.Current.CancellationToken);
        Assert.Equal(2, page.Count);
        Assert.Equal("e1", page.Items[0].Properties["insert_id"].GetString());
        Assert.Equal(new DateTimeOffset(2026, 8, 22, 7, 15, 0, 250, TimeSpan.Zero), page.Items[0].Date);
        Assert.Empty(page.Items[1].Properties);
    }

    [Fact]
    public async Task The_outcome_of_a_broken_call_is_unknown()
    {
        var fake = new FakeBrevo().Answer(502, "<html>").Answer(502, "<html>");
        var failure = await Assert.ThrowsAsync<BrevoApiException>(
            () => fake.Client().CreateEventAsync(BrevoEvent.Create("a", Someone, null, "{}"u8), TestContext.Current.CancellationToken));
        Assert.True(failure.OutcomeUnknown);
        failure = await Assert.ThrowsAsync<BrevoApiException>(() => fake.Client().CreateEventsAsync(Two(), cancellationToken: TestContext.Current.CancellationToken));
        Assert.True(failure.OutcomeUnknown);
    }

    private static BrevoEventBatch Two()
    {
        var batch = new BrevoEventBatch();
        batch.TryAppend(BrevoEvent.Create("a", Someone, null, "{}"u8));
        batch.TryAppend(BrevoEvent.Create("b", Someone, null, "{}"u8));
        return batch;
    }

    private static byte[] Properties(int bytes) => Encoding.UTF8.GetBytes($$"""{"t":"{{new string('x', bytes - 8)}}"}""");
}
