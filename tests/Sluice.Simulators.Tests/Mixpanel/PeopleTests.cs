using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed partial class PeopleTests
{
    private const int Sample = 20_000;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly PeopleGenerator Generator = new(42);

    private static readonly Person[] People = [.. Enumerable.Range(0, Sample).Select(static i => Generator[i])];

    [Fact]
    public void A_person_depends_on_the_seed_and_the_number_only()
    {
        Assert.Equal(Text(People[12_345]), Text(new PeopleGenerator(42)[12_345]));
        Assert.NotEqual(Text(People[12_345]), Text(new PeopleGenerator(43)[12_345]));
    }

    [Fact]
    public void The_first_people_of_a_seed_are_the_same_for_ever()
    {
        Assert.Equal(
            """
            {"DistinctId":"user_0","Email":"chloe.garcia.0@example.com","FirstName":"Chloé","LastName":"García","Phone":"+15550000000","Properties":{"plan":"trial","company":"\"Quote\" Ltd","$city":"Boston","$country_code":"US","$timezone":"America/New_York","locale":"en","signup_date":"2022-12-11T15:30:00","total_revenue":3212.27,"orders":10,"newsletter":true,"interests":["요리","yoga"]}}
            {"DistinctId":"user_1","Email":"daeun.song.1@example.net","FirstName":"Daeun","LastName":"Song","Phone":"+821000000001","Properties":{"plan":"trial","$city":"Jeju","$country_code":"KR","$timezone":"Asia/Seoul","locale":"ko","signup_date":"2023-10-11T05:52:00","total_revenue":0,"orders":0,"newsletter":false,"interests":["travel","क्रिकेट","books","yoga"]}}
            {"DistinctId":"user_2","Email":"yujin.oh.2@example.net","FirstName":"유진","LastName":"오","Phone":"+821000000002","Properties":{"plan":"free","company":"한빛상사","$city":"Incheon","$country_code":"KR","$timezone":"Asia/Seoul","locale":"ko","signup_date":"2022-01-27T19:34:00","total_revenue":2906.33,"orders":6,"newsletter":false,"interests":["music","क्रिकेट","books","games","yoga"]}}
            {"DistinctId":"user_3","Email":"ethan.hayes.3@example.org","FirstName":"Ethan","LastName":"Hayes","Phone":null,"Properties":{"plan":"trial","$city":"Denver","$country_code":"US","$timezone":"America/New_York","locale":"en","signup_date":"2022-01-06T06:45:00","total_revenue":3886.39,"orders":24,"newsletter":false,"interests":["travel","games"]}}
            """,
            string.Join('\n', People.Take(4).Select(Text)));
    }

    [Fact]
    public void Distinct_ids_are_unique_and_lead_back_to_their_number()
    {
        for (var i = 0; i < Sample; i++)
        {
            Assert.True(Generator.TryGetNumber(People[i].DistinctId, out var number));
            Assert.Equal(i, number);
        }

        Assert.True(Generator.TryGetNumber(Generator[int.MaxValue].DistinctId, out var last));
        Assert.Equal(int.MaxValue, last);
    }

    [Theory]
    [InlineData("user_")]
    [InlineData("user_01")]
    [InlineData("user_-1")]
    [InlineData("user_99999999999")]
    [InlineData("User_1")]
    [InlineData("$device:0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11")]
    [InlineData("$device:x")]
    [InlineData("somebody")]
    public void An_id_it_did_not_make_is_nobodys(string id) => Assert.False(Generator.TryGetNumber(id, out _));

    [Fact]
    public void Some_have_no_address_some_a_broken_one_and_some_one_that_needs_tidying()
    {
        AssertShare(0.04, People.Count(static person => person.Email is null));
        string[] addresses = [.. People.Select(static person => person.Email).OfType<string>()];
        AssertShare(0.01, addresses.Count(static email => !Address().IsMatch(email.Trim())));
        AssertShare(0.03, addresses.Count(static email => Address().IsMatch(email.Trim()) && !TidyAddress().IsMatch(email)));
        AssertShare(0.01, People.Count(static person => person.DistinctId.StartsWith("$device:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Valid_addresses_are_unique_even_when_tidied_and_on_example_domains_only()
    {
        string[] addresses =
        [
            .. People.Select(static person => person.Email?.Trim().ToLowerInvariant()).OfType<string>()
                .Where(static email => Address().IsMatch(email)),
        ];

        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        Assert.All(addresses, static address => Assert.Matches(@"@(example\.(com|org|net)|mail\.test)$", address));
    }

    [Fact]
    public void Phone_numbers_are_e164_unique_and_in_ranges_that_nobody_holds()
    {
        string[] phones = [.. People.Select(static person => person.Phone).OfType<string>()];

        AssertShare(0.6, phones.Length);
        Assert.Equal(phones.Length, phones.Distinct().Count());
        Assert.All(phones, static phone => Assert.Matches(@"^\+(82100|91555|1555)[0-9]{7}$", phone));
    }

    [Fact]
    public void Names_are_korean_hindi_and_english_in_their_own_script_and_romanised()
    {
        AssertShare(0.4 * 0.7, People.Count(
            static person => person.FirstName is { } name && name.All(static letter => letter is >= '가' and <= '힣')));
        AssertShare(0.25 * 0.7, People.Count(
            static person => person.LastName is { } name && name.All(static letter => letter is >= 'ऀ' and <= 'ॿ')));
        Assert.Contains(People, static person => person is { FirstName: "Minjun", LastName: "Kim" });
        Assert.Contains(People, static person => person is { LastName: "O'Brien" });
    }

    [Fact]
    public void Profiles_have_texts_dates_numbers_flags_and_lists()
    {
        Assert.All(People.Where(static person => person.FirstName is not null), static person =>
        {
            Assert.IsType<string>(person.Properties["plan"]);
            Assert.Matches("^20(22|23|24|25)-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$", (string)person.Properties["signup_date"]!);
            Assert.InRange((decimal)person.Properties["total_revenue"]!, 0m, 5000m);
            Assert.InRange((int)person.Properties["orders"]!, 0, 29);
            Assert.IsType<bool>(person.Properties["newsletter"]);
            Assert.IsType<string[]>(person.Properties["interests"]);
        });
        AssertShare(0.02, People.Count(static person => (string)person.Properties["$city"]! == ""));
        Assert.Contains(People, static person => !person.Properties.ContainsKey("company"));
    }

    [Fact]
    public void A_profile_lists_what_it_can_be_asked_for()
    {
        foreach (var person in People.Take(500))
        {
            Assert.Equal(person.Properties.Count, person.Properties.Keys.Distinct().Count());
            Assert.All(person.Properties, entry => Assert.Equal(entry.Value, person.Properties[entry.Key]));
            Assert.Throws<KeyNotFoundException>(() => person.Properties["nothing"]);
        }
    }

    [Fact]
    public void Reserved_properties_are_found_under_their_raw_names()
    {
        var person = new Person("u-1") { Email = "a@example.org", FirstName = "Ana", LastName = "Lima", Phone = "+15550000001" };
        string[] names = ["$distinct_id", "$email", "$first_name", "$last_name", "$phone", "plan"];

        Assert.Equal<object?>(
            ["u-1", "a@example.org", "Ana", "Lima", "+15550000001", null],
            names.Select(name => person.TryGetProperty(name, out var value) ? value : null));
    }

    [Fact]
    public void A_directory_keeps_generated_people_under_their_numbers_and_appends_others()
    {
        var directory = new PersonDirectory(Generator, 100);
        var changed = directory.Set(directory[7] with { FirstName = "Changed" });
        var added = directory.Set(new Person("u-new"));

        Assert.Equal((7, 100, 101), (changed, added, directory.Count));
        Assert.Equal("Changed", directory[7].FirstName);
        Assert.Equal(Text(People[8]), Text(directory[8]));
        Assert.True(directory.TryGetNumber("u-new", out var number) && number == 100);
        Assert.False(directory.TryGetNumber(People[100].DistinctId, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => directory[101]);
    }

    [Fact]
    public void A_deleted_profile_leaves_the_distinct_id()
    {
        var directory = new PersonDirectory(Generator, 100);
        directory.DeleteProfile(People[3].DistinctId);

        Assert.Equal(new Person(People[3].DistinctId), directory[3]);
        Assert.Equal(100, directory.Count);
    }

    private static void AssertShare(double expected, int count) => Assert.InRange((double)count / Sample, expected * 0.8, expected * 1.2);

    private static string Text(Person person) => JsonSerializer.Serialize(person, Readable);

    [GeneratedRegex(@"^[A-Za-z0-9.]+@[A-Za-z0-9]+\.[A-Za-z]+$")]
    private static partial Regex Address();

    [GeneratedRegex(@"^[a-z0-9.]+@[a-z0-9]+\.[a-z]+$")]
    private static partial Regex TidyAddress();
}
