using Sluice.Core.Events;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Events;

/// <summary>What was refused on its way in waits for a person, once.</summary>
public abstract class RefusedRecordContract : StoreContract
{
    private static readonly RefusedRecord NoTime = new("invalid_record", "'properties.time' is invalid: must not be missing", "properties.time", """{"event":"Order"}""");

    [Fact]
    public async Task A_refused_record_is_an_open_letter_with_its_reason()
    {
        await Store.RefusedRecords.KeepAsync(Project, "import", [NoTime], Token);

        var letter = Assert.Single(await Store.DeadLetters.ListAsync(Project, "open", 10, Token));
        Assert.Equal(("import", NoTime.Reason, NoTime.Detail, NoTime.Subject, NoTime.Payload), (letter.Origin, letter.Reason, letter.Detail, letter.Subject, letter.Payload));
        Assert.Null(letter.Person);
    }

    [Fact]
    public async Task The_same_record_stays_one_letter_and_another_way_or_reason_makes_another()
    {
        await Store.RefusedRecords.KeepAsync(Project, "import", [NoTime, NoTime], Token);
        await Store.RefusedRecords.KeepAsync(Project, "import", [NoTime, NoTime with { Reason = "other" }], Token);
        await Store.RefusedRecords.KeepAsync(Project, "track", [NoTime, NoTime with { Subject = null, Payload = "{}" }], Token);

        Assert.Equal(4, (await Store.DeadLetters.ListAsync(Project, null, 10, Token)).Count);
    }

    [Fact]
    public async Task Projects_have_letters_of_their_own()
    {
        await Store.RefusedRecords.KeepAsync(Project + "-neighbour", "import", [NoTime], Token);

        Assert.Empty(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
    }
}

public sealed class SqliteRefusedRecordTests : RefusedRecordContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresRefusedRecordTests : RefusedRecordContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
