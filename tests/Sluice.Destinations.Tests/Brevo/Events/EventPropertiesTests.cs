using System.Text;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Destinations.Brevo.Events;

namespace Sluice.Destinations.Tests.Brevo.Events;

public sealed class EventPropertiesTests
{
    [Theory]
    [InlineData("""{"a":1,"b":"x","c":true,"d":1.50}""", """{"insert_id":"i","a":1,"b":"x","c":true,"d":1.50}""")]
    [InlineData("""{"$city":"Paris","my key":1}""", """{"insert_id":"i","city":"Paris","my_key":1}""")]
    [InlineData("""{"token":"t","distinct_id":"u","$device_id":"d","time":1,"ip":"1.2.3.4","$import":true,"mp_lib":"web","$warehouse_x":1,"kept":1}""", """{"insert_id":"i","kept":1}""")]
    [InlineData("""{"a":null,"b":{"c":null,"token":1},"d":[null,1,{"e f":null,"g h":2}]}""", """{"insert_id":"i","b":{"token":1},"d":[1,{"g_h":2}]}""")]
    [InlineData("""{"city":1,"$city":2,"ci ty":3,"ci_ty":4}""", """{"insert_id":"i","city":1,"city_2":2,"ci_ty_2":3,"ci_ty":4}""")]
    [InlineData("""{"$insert_id":"own","insert_id":"theirs"}""", """{"insert_id":"own","insert_id_2":"theirs"}""")]
    [InlineData("""{"$insert_id":7}""", """{"insert_id":"i"}""")]
    [InlineData("""{"s":"é\u00e9\n😀"}""", """{"insert_id":"i","s":"é\u00e9\n😀"}""")]
    public void Names_and_values_are_such_as_Brevo_takes(string properties, string expected)
    {
        var (insertId, json) = EventProperties.Convert(Encoding.UTF8.GetBytes(properties), "i", 50_000);
        Assert.Equal(expected, Encoding.UTF8.GetString(json!));
        Assert.Equal(properties.Contains("own", StringComparison.Ordinal) ? "own" : "i", insertId);
    }

    [Fact]
    public void The_longest_texts_are_shortened_as_little_as_needed()
    {
        var properties = JsonSerializer.SerializeToUtf8Bytes(new { a = new string('a', 40_000), b = new string('é', 20_000), c = new string('c', 1_000), d = 5 });
        var (_, json) = EventProperties.Convert(properties, "insert", 50_000);
        Assert.InRange(json!.Length, 49_900, 50_000);
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        Assert.Equal("insert", root.GetProperty("insert_id").GetString());
        Assert.Equal(new string('c', 1_000), root.GetProperty("c").GetString());
        Assert.Equal(root.GetProperty("a").GetString()!.Length, root.GetProperty("b").GetString()!.Length);
        Assert.EndsWith("…", root.GetProperty("a").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_never_leaves_half_a_character()
    {
        var properties = JsonSerializer.SerializeToUtf8Bytes(new { a = string.Concat(Enumerable.Repeat("😀", 30_000)) });
        for (var most = 1_000; most < 1_010; most++)
        {
            var (_, json) = EventProperties.Convert(properties, "i", most);
            using var document = JsonDocument.Parse(json!);
            var text = document.RootElement.GetProperty("a").GetString()!;
            Assert.True(char.IsLowSurrogate(text[^2]));
        }
    }

    [Fact]
    public void What_stays_too_large_is_refused() => Assert.Null(
        EventProperties.Convert(JsonSerializer.SerializeToUtf8Bytes(Enumerable.Range(0, 10_000).ToDictionary(i => $"key{i}", i => i)), "i", 50_000).Json);

    [Fact]
    public void Whatever_comes_is_taken_by_the_client()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            var properties = JsonSerializer.SerializeToUtf8Bytes(Any(random, 0));
            var (_, json) = EventProperties.Convert(properties, "i", 2_000);
            if (json is not null)
            {
                Assert.InRange(json.Length, 2, 2_000);
                BrevoEvent.Create("a", new BrevoEventIdentifiers { ExternalId = "u" }, null, json);
                using var document = JsonDocument.Parse(json);
                AssertNames(document.RootElement);
            }
        }
    }

    private static void AssertNames(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            var names = value.EnumerateObject().Select(p => p.Name).ToList();
            Assert.Equal(names.Count, names.Distinct().Count());
            Assert.All(names, name => Assert.True(BrevoEvent.IsName(name)));
            Assert.All(value.EnumerateObject(), p => Assert.NotEqual(JsonValueKind.Null, p.Value.ValueKind));
            Assert.All(value.EnumerateObject(), p => AssertNames(p.Value));
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            Assert.All(value.EnumerateArray(), AssertNames);
        }
    }

    private static Dictionary<string, object?> Any(Random random, int depth)
    {
        string[] names = ["a", "a b", "a.b", "$a", "", "é", "ü", "insert_id", "$insert_id", "token", "x_2", "x.", "x"];
        var value = new Dictionary<string, object?>();
        for (var i = random.Next(8); i > 0; i--)
        {
            value[names[random.Next(names.Length)]] = random.Next(6) switch
            {
                0 => null,
                1 => random.Next(),
                2 => new string('z', random.Next(900)),
                3 => "😀é",
                4 => depth > 3 ? true : new object?[] { Any(random, depth + 1), null, 1.5 },
                _ => depth > 3 ? false : Any(random, depth + 1),
            };
        }

        return value;
    }
}
