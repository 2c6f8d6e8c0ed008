using System.Text;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Tests.Erasure;

/// <summary>Whose a record is that comes in after somebody was erased.</summary>
public sealed class ErasureScreenTests
{
    private const string Project = "p";
    private static readonly TombstoneKey Key = new("a key of the test's own"u8);

    private static readonly System.Text.Json.JsonSerializerOptions Plainly = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TombstoneSet Set = TombstoneSet.Of(7, Key,
    [
        Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "ana")), Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "4711")), Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "$device:d1")),
        Key.Of(TombstoneKind.Email, PersonKey.Of(Project, "ana@erase.test")), Key.Of(TombstoneKind.Phone, PersonKey.Of(Project, "14155550123")),
    ]);

    [Theory]
    [InlineData("Open", """{"$user_id":"ana"}""", true, false)]
    [InlineData("Open", """{"$user_id":"bo","$device_id":"d1","$anon_id":"ana"}""", false, false)]
    [InlineData("$identify", """{"$identified_id":"bo","$anon_id":"d0","$device_id":"d1"}""", true, false)]
    [InlineData("$merge", """{"$distinct_ids":["bo","ana"]}""", true, false)]
    [InlineData("Open", """{"$distinct_ids":["bo","ana"]}""", false, false)]
    [InlineData("Open", """{"$email":" Ana@Erase.test "}""", false, true)]
    [InlineData("Open", """{"$phone":"+1 (415) 555-0123"}""", false, true)]
    [InlineData("Open", """{"$email":"ana@erase.test","$user_id":"ana"}""", true, false)]
    [InlineData("Open", """{"friend":"ana","a":{"$email":"ana@erase.test"},"list":["ana"]}""", false, false)]
    [InlineData("Open", """{"$email":"ana@erase.test.example","$user_id":"ana2"}""", false, false)]
    [InlineData("$identify", "{}", false, false)]
    [InlineData("Open", """{"\u0024user_id":"ana"}""", true, false)]
    [InlineData("Open", """{"$user\u005fid":"\u0061na"}""", true, false)]
    [InlineData("$identify", """{"\u0064istinct_id":"a\u006ea"}""", true, false)]
    [InlineData("$merge", """{"$distinct\u005Fids":["bo","\u0061na"]}""", true, false)]
    [InlineData("Open", """{"\u0024\u0065\u006d\u0061\u0069\u006c":"ana\u0040erase.test"}""", false, true)]
    [InlineData("Open", """{"\\u0024user_id":"ana"}""", false, false)]
    [InlineData("Open", """{"$user_id":4711}""", true, false)]
    [InlineData("$identify", """{"$identified_id":4711,"$anon_id":"d0"}""", true, false)]
    [InlineData("$merge", """{"$distinct_ids":["bo",4711]}""", true, false)]
    [InlineData("Open", """{"$user_id":47110}""", false, false)]
    [InlineData("Open", """{"$phone":14155550123}""", false, false)]
    public void An_event_is_theirs_by_what_it_says_of_whose_it_is_and_doubtful_by_an_address(string name, string properties, bool erased, bool address) =>
        Assert.Equal((erased, address), ErasureScreen.Look(Set, Project, new EventRecord(name, 1, "bo", null, Encoding.UTF8.GetBytes(properties))));

    [Theory]
    [InlineData("ana", "plan", "\"pro\"", true, false)]
    [InlineData("bo", "$email", "\"ana@erase.test\"", false, true)]
    [InlineData("bo", "$phone", "\"+14155550123\"", false, true)]
    [InlineData("bo", "$phone", "14155550123", false, false)]
    [InlineData("bo", "note", "\"ana@erase.test\"", false, false)]
    public void An_update_is_theirs_by_its_id_and_doubtful_by_the_address_it_brings(string id, string property, string json, bool erased, bool address)
    {
        var update = new ProfileUpdate(0, id, null, false, [new ProfileOperation(ProfileOperationKind.Set, property, Encoding.UTF8.GetBytes(json))]);
        Assert.Equal((erased, address), (ErasureScreen.IsErased(Set, Project, update), ErasureScreen.HasAddress(Set, Project, update)));
    }

    [Theory]
    [InlineData("""{"event":"x","properties":{"distinct_id":"ana"}}""", true)]
    [InlineData("""{"event":"x","properties":{"distinct_id":"ana","cut""", true)]
    [InlineData("""[{"ana":1}]""", true)]
    [InlineData("name=x&mail=ana@erase.test", true)]
    [InlineData("eyIkZW1haWwiOiJhbmFAZXJhc2UudGVzdCJ9", true)]
    [InlineData("""{"n":14155550123}""", false)]
    [InlineData("""{"n":"+14155550123"}""", true)]
    [InlineData("""{"id":"ana-2","mail":"susana@erase.test"}""", false)]
    [InlineData("""{"event":"x","properties":{"distinct_id":"\u0061\u006Ea","cut""", true)]
    [InlineData("""{"event":"x","properties":{"$email":"ana\u0040erase.test\/","$email":"ana\u0040erase.test","cut""", true)]
    [InlineData("""{"a":"\"","distinct_id":"a\u006ea","cut""", true)]
    [InlineData("""{"distinct_id":"a\\u006ea","cut""", false)]
    [InlineData("""{"distinct_id":"\u0062o","cut":"\""", false)]
    [InlineData("banana", false)]
    [InlineData("", false)]
    public void What_was_refused_is_theirs_when_it_mentions_them_anywhere(string text, bool erased) => Assert.Equal(erased, ErasedText.Mentions(Set, Project, text));

    [Fact]
    public void However_names_and_values_are_spelled_the_answer_is_the_same()
    {
        string[] names = ["$user_id", "$device_id", "distinct_id", "$identified_id", "$anon_id", "$distinct_ids", "alias", "$email", "$phone", "friend", "dan", "$user_idx", "a\"b"];
        string[] values = ["ana", "bo", "d1", "$device:d1", "ana@erase.test", "+14155550123", "ana\\u", "a\nb", "é\U0001F642"];
        string[] events = ["Open", "$identify", "$merge", "$create_alias"];
        var erased = 0;
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var pairs = Enumerable.Range(0, random.Next(1, 5)).Select(_ => (Name: names[random.Next(names.Length)], Value: values[random.Next(values.Length)], IsList: random.Next(4) == 0)).ToList();
            var name = events[random.Next(events.Length)];
            (bool IsErased, bool HasAddress) LookAt(Func<string, string> spelled) => ErasureScreen.Look(Set, Project, new EventRecord(
                name, 1, "bo", null, Encoding.UTF8.GetBytes($$"""{ {{string.Join(',', pairs.Select(p => $"{spelled(p.Name)}:{(p.IsList ? $"[{spelled(p.Value)}]" : spelled(p.Value))}"))}} }""")));

            var plain = LookAt(text => System.Text.Json.JsonSerializer.Serialize(text, Plainly));
            Assert.True(plain == LookAt(text => Escaped(text, random)), $"Seed {seed}");
            erased += plain.IsErased ? 1 : 0;
        }

        Assert.InRange(erased, 200, 1_800);
    }

    [Fact]
    public void Tombstones_say_nothing_to_whoever_has_another_key_or_asks_in_another_project()
    {
        Assert.False(Set.HasId("q", "ana"));
        Assert.False(TombstoneSet.Of(1, new TombstoneKey("another key"u8), [Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "ana"))]).HasId(Project, "ana"));
        Assert.False(Set.HasEmail(Project, "ana"));
        Assert.False(TombstoneSet.Empty.HasText(Project, "ana"));
    }

    /// <summary>A JSON text in which any character may stand as an escape.</summary>
    private static string Escaped(string text, Random random)
    {
        var json = new StringBuilder("\"");
        foreach (var character in text)
        {
            var must = character is '"' or '\\' || char.IsControl(character) || char.IsSurrogate(character);
            json.Append(must || random.Next(3) == 0
                ? $"\\u{((int)character).ToString(random.Next(2) == 0 ? "x4" : "X4", System.Globalization.CultureInfo.InvariantCulture)}"
                : character.ToString());
        }

        return json.Append('"').ToString();
    }
}
