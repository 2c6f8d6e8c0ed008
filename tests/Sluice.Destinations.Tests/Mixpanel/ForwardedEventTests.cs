using System.Text;
using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Mixpanel;

namespace Sluice.Destinations.Tests.Mixpanel;

public sealed class ForwardedEventTests
{
    [Fact]
    public void What_the_client_sent_stays_byte_for_byte()
    {
        const string sent = """{"distinct_id":"u1","$insert_id":"a-1","n":1.50,"big":12345678901234567890,"t":"é😀\n\u003c","o":{"x":[1e3,null,true]},"":0}""";
        Assert.Equal(
            """{"event":"A","properties":{"time":1760000000123,"ip":"203.0.113.7",""" + sent[1..] + "}",
            Write("A", sent, "203.0.113.7"));
    }

    [Fact]
    public void Nobodys_event_says_so_and_no_address_switches_the_look_up_off() =>
        Assert.Equal(
            """{"event":"A","properties":{"time":1760000000123,"ip":"0","distinct_id":"","$insert_id":"a-1"}}""", Write("A", """{"$insert_id":"a-1"}"""));

    [Fact]
    public void An_id_that_import_would_refuse_gives_way_to_its_hash_and_a_missing_one_to_the_place_in_the_log()
    {
        var hashed = InsertIdOf(Write("A", """{"distinct_id":"u1","$insert_id":"order_1"}"""));
        Assert.Equal(new PersonKey(EventKeys.OfInsertId("p1", "order_1")).ToString(), hashed);
        Assert.NotEqual(hashed, InsertIdOf(Write("A", """{"distinct_id":"u1","$insert_id":"order_2"}""")));
        Assert.Equal(PersonKey.Of("p1", "4/2").ToString(), InsertIdOf(Write("A", """{"distinct_id":"u1"}""")));
    }

    [Theory]
    [InlineData("""{"distinct_id":"u1","$insert_id":"a","$anon_distinct_id":"x"}""", "\"token\":\"tok\",\"$identified_id\":\"u1\",\"$anon_id\":\"x\",")]
    [InlineData("""{"distinct_id":"u1","$insert_id":"a","$identified_id":"u2","$anon_id":"y"}""", "\"token\":\"tok\",")]
    public void What_says_who_is_who_says_it_in_the_words_of_import(string properties, string added) =>
        Assert.Equal(
            """{"event":"$identify","properties":{"time":1760000000123,"ip":"0",""" + added + properties[1..] + "}", Write("$identify", properties));

    private static string? InsertIdOf(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return document.RootElement.GetProperty("properties").GetProperty("$insert_id").GetString();
    }

    private static string Write(string name, string properties, string? address = null) => Encoding.UTF8.GetString(ForwardedEvent.Write(
        "p1", new LoggedEvent(new LogPosition(4, 2), name, 1_760_000_000_123, PersonKey.Of("p1", "u1"), Origin.Received, Encoding.UTF8.GetBytes(properties)), address, "tok").Span);
}
