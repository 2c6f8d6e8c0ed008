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

    private static readonly TombstoneSet Set = TombstoneSet.Of(7, Key,
    [
        Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "ana")), Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "$device:d1")),
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
    [InlineData("banana", false)]
    [InlineData("", false)]
    public void What_was_refused_is_theirs_when_it_mentions_them_anywhere(string text, bool erased) => Assert.Equal(erased, ErasedText.Mentions(Set, Project, text));

    [Fact]
    public void Tombstones_say_nothing_to_whoever_has_another_key_or_asks_in_another_project()
    {
        Assert.False(Set.HasId("q", "ana"));
        Assert.False(TombstoneSet.Of(1, new TombstoneKey("another key"u8), [Key.Of(TombstoneKind.Id, PersonKey.Of(Project, "ana"))]).HasId(Project, "ana"));
        Assert.False(Set.HasEmail(Project, "ana"));
        Assert.False(TombstoneSet.Empty.HasText(Project, "ana"));
    }
}
