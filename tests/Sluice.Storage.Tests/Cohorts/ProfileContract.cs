using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>What pages say of a person besides being a member.</summary>
public abstract class ProfileContract : StoreContract
{
    [Fact]
    public async Task The_properties_of_a_new_person_are_kept_as_they_were_sent()
    {
        const string Properties = """{"$email":"ana@example.org","plan":"trial","seats":3,"tags":["a","b"],"nested":{"x":null},"empty":""}""";
        await Full("s1").SendProfilesAsync(1, 2, ("ana", Properties));

        var person = await PersonAsync("ana");
        Assert.Equal(("ana", Properties, 1L), (person.DistinctId, person.Properties, person.Rev));
    }

    [Fact]
    public async Task A_newer_session_wins_and_what_it_does_not_name_stays()
    {
        await Full("s1").SendProfilesAsync(1, 2, ("ana", """{"plan":"trial","city":"Lima"}"""));
        await Added("s2").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro","seats":2}"""));

        var person = await PersonAsync("ana");
        Assert.Equal("""{"plan":"pro","city":"Lima","seats":2}""", person.Properties);
        Assert.Equal(2, person.Rev);
    }

    [Fact]
    public async Task An_older_session_only_fills_what_is_missing()
    {
        await Full("s1").SendAsync(1, of: 2, "bo");
        await Added("s2").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await Full("s1").SendProfilesAsync(2, 2, ("ana", """{"plan":"trial","city":"Lima"}"""));

        Assert.Equal("""{"plan":"pro","city":"Lima"}""", (await PersonAsync("ana")).Properties);
    }

    [Fact]
    public async Task A_newer_session_that_said_the_same_still_wins_over_an_older_one()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await Added("s2").SendAsync(1, of: 2, "bo");
        await Added("s3").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await Added("s2").SendProfilesAsync(2, 2, ("ana", """{"plan":"trial"}"""));

        Assert.Equal("""{"plan":"pro"}""", (await PersonAsync("ana")).Properties);
    }

    [Fact]
    public async Task Properties_of_an_overtaken_session_fill_gaps_too()
    {
        await Full("s1").SendProfilesAsync(1, 2, ("ana", """{"plan":"trial"}"""));
        await Full("s2").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await Full("s1").SendProfilesAsync(2, 2, ("ana", """{"plan":"old","city":"Lima"}"""));

        Assert.Equal("""{"plan":"pro","city":"Lima"}""", (await PersonAsync("ana")).Properties);
    }

    [Fact]
    public async Task A_value_that_becomes_null_is_a_change()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"plan":"trial"}"""));
        await Added("s2").SendProfilesAsync(1, 1, ("ana", """{"plan":null}"""));

        Assert.Equal("""{"plan":null}""", (await PersonAsync("ana")).Properties);
    }

    [Fact]
    public async Task What_does_not_change_a_profile_marks_nobody()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""), ("bo", """{"plan":"pro"}"""));
        await RegisterAsync();
        await Full("s2").SendProfilesAsync(1, 2, ("ana", """{"plan":"pro"}"""), ("bo", """{"plan":"max"}"""));

        Assert.Equal(Key("bo"), Assert.Single(await Store.Ledger.PendingAsync(Scope, 10, Token)).Key);
        Assert.Equal((1L, 2L), ((await PersonAsync("ana")).Rev, (await PersonAsync("bo")).Rev));
    }

    [Fact]
    public async Task Two_cohorts_share_a_persons_profile()
    {
        await Full("s1", "7").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await Full("s1", "8").SendProfilesAsync(1, 1, ("ana", """{"city":"Lima"}"""));

        Assert.Equal("""{"plan":"pro","city":"Lima"}""", (await PersonAsync("ana")).Properties);
    }

    [Fact]
    public async Task A_person_is_found_by_the_address_of_the_merged_profile()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""));
        await Added("s2").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""));
        await SuppressAsync("ana@example.org");

        Assert.Equal("unsubscribed", (await PersonAsync("ana")).Suppressed);
    }

    [Fact]
    public async Task A_new_address_is_indexed_and_the_old_one_forgotten()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""));
        await Added("s2").SendProfilesAsync(1, 1, ("ana", """{"$email":"Ana.Lima@Example.org"}"""));

        await SuppressAsync("ana@example.org");
        Assert.Null((await PersonAsync("ana")).Suppressed);
        await SuppressAsync("ana.lima@example.org");
        Assert.Equal("unsubscribed", (await PersonAsync("ana")).Suppressed);
    }

    [Fact]
    public async Task Addresses_and_numbers_that_cannot_be_used_are_not_indexed()
    {
        await Full("s1").SendProfilesAsync(
            1, 1, ("ana", """{"$email":"not an address","$phone":"12"}"""), ("bo", """{"$email":7}"""), ("cy", """{"$email":"cy@example.org","$phone":"+821012345678"}"""));

        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM profile WHERE project = @project AND email IS NOT NULL", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM profile WHERE project = @project AND phone IS NOT NULL", Token));
    }

    [Fact]
    public async Task Projects_do_not_see_each_others_people()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""));
        await Store.Suppressions.AddAsync(Project + "x", [new SuppressionEntry("ana@example.org", null, 0, "unsubscribed", "hand", default)], Token);

        Assert.Null((await PersonAsync("ana")).Suppressed);
        Assert.Empty(await Store.Groups.MembersAsync(Project + "x", "7", null, 10, Token));
    }

    private DeliveryScope Scope => new(Project, "brevo", [], GroupAttributes: false);

    private Task<DestinationState> RegisterAsync() => Store.Ledger.RegisterAsync(Scope, Token);

    private Task SuppressAsync(string email) =>
        Store.Suppressions.AddAsync(Project, [new SuppressionEntry(email, null, 0, "unsubscribed", "hand", default)], Token);

    private async Task<PersonState> PersonAsync(string id) => Assert.Single(await Store.Ledger.LoadAsync(Scope, [PersonKey.Of(Project, id)], Token));
}

public sealed class SqliteProfileTests : ProfileContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresProfileTests : ProfileContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
