using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>Refused records wait for a person, and are tried again when one says so.</summary>
public abstract class DeadLetterContract : DeliveryContract
{
    [Fact]
    public async Task Trying_a_letter_again_lets_its_person_be_looked_at_anew()
    {
        var scope = await RefusedAsync("ana", "bo");
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, ["l-ana"], Token));

        Assert.Null((await LoadAsync(scope, "ana")).Contact);
        Assert.Equal(LedgerState.Refused, (await LoadAsync(scope, "bo")).Contact!.State);
        Assert.Equal([Key("ana")], await PendingAsync(scope));
        Assert.Equal(["l-bo"], (await Store.DeadLetters.ListAsync(Project, "open", 10, Token)).Select(l => l.Id));
        Assert.Equal(["l-ana"], (await Store.DeadLetters.ListAsync(Project, "retried", 10, Token)).Select(l => l.Id));
    }

    [Fact]
    public async Task Without_ids_all_open_letters_are_tried_again()
    {
        var scope = await RefusedAsync("ana", "bo");
        Assert.Equal(2, await Store.DeadLetters.RetryAsync(Project, [], Token));
        Assert.Equal(0, await Store.DeadLetters.RetryAsync(Project, [], Token));
        Assert.Equal(0, await Store.DeadLetters.RetryAsync(Project + "x", [], Token));
        Assert.Equal(0, await Store.DeadLetters.RetryAsync(Project, ["unknown", "l-ana"], Token));

        Assert.Equal(2, (await PendingAsync(scope)).Count);
    }

    [Fact]
    public async Task Only_what_was_refused_is_forgotten()
    {
        var scope = await RefusedAsync("ana");
        await CommitAsync(scope, c => c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Present, "ana@example.org"))));
        await Store.DeadLetters.RetryAsync(Project, [], Token);

        Assert.Equal(LedgerState.Present, (await LoadAsync(scope, "ana")).Contact!.State);
    }

    [Fact]
    public async Task A_record_that_is_refused_again_is_open_again()
    {
        var scope = await RefusedAsync("ana");
        await Store.DeadLetters.RetryAsync(Project, [], Token);
        await CommitAsync(scope, c => c.DeadLetters.Add(Letter("ana") with { Payload = "{\"second\":true}" }));

        var letter = Assert.Single(await Store.DeadLetters.ListAsync(Project, "open", 10, Token));
        Assert.Equal(("l-ana", "{\"second\":true}", Key("ana"), Brevo, "invalid_phone"), (letter.Id, letter.Payload, letter.Person!.Value, letter.Origin, letter.Reason));
    }

    [Fact]
    public async Task One_step_may_refuse_one_person_twice()
    {
        var scope = await RegisterAsync();
        await CommitAsync(scope, c =>
        {
            c.DeadLetters.Add(Letter("ana"));
            c.DeadLetters.Add(Letter("ana"));
        });

        Assert.Single(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
    }

    private async Task<DeliveryScope> RefusedAsync(params string[] ids)
    {
        var scope = await RegisterAsync();
        await CommitAsync(scope, c =>
        {
            foreach (var id in ids)
            {
                c.Contacts.Add(new(Key(id), Contact(LedgerState.Refused)));
                c.DeadLetters.Add(Letter(id));
            }
        });
        return scope;
    }

    private DeadLetter Letter(string id) =>
        new("l-" + id, Brevo, "invalid_phone", "The phone number is not valid.", Key(id), "15", """{"phone":"1"}""", "open", DateTimeOffset.UnixEpoch);
}

public sealed class SqliteDeadLetterTests : DeadLetterContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresDeadLetterTests : DeadLetterContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
