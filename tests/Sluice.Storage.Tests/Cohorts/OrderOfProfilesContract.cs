using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Projects;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>
/// What a profile says is what the newest session that named the person said of it, for every order of pages: random stories of
/// sessions that overtake each other, against the plain rule. Property by property, a page of an older session, and whatever comes
/// for a session after its end while there is a newer one, fills in what is missing and overrides nothing.
/// </summary>
public abstract class OrderOfProfilesContract : StoreContract
{
    private const int Steps = 30;
    private static readonly string[] Ids = ["a", "b", "c", "d"];

    protected abstract int Stories { get; }

    [Fact]
    public async Task Every_profile_ends_with_what_the_newest_session_said()
    {
        for (var seed = 1; seed <= Stories; seed++)
        {
            await PlayAsync(seed);
        }
    }

    private async Task PlayAsync(int seed)
    {
        var project = "o" + Guid.NewGuid().ToString("N")[..12];
        await Store.Projects.PutAsync(new StoredProject(project, project, [1]), Token);
        var scope = new DeliveryScope(project, "brevo", [], GroupAttributes: false);
        var random = new Random(seed);
        var model = new Dictionary<string, Known>(StringComparer.Ordinal);
        var waiting = new List<(Sync Sync, int Session, int Page, int Of)>();
        var story = new List<string>();
        var numbers = new Dictionary<int, long>();
        var sessions = 0;
        var newest = 0L;
        for (var step = 0; step < Steps; step++)
        {
            if (waiting.Count == 0 || random.Next(3) == 0)
            {
                var of = 1 + random.Next(3);
                var action = random.Next(2) == 0 ? CohortAction.Members : CohortAction.AddMembers;
                var sync = new Sync(p => Store.Intake.ApplyAsync(p, Token), project, random.Next(3) == 0 ? "8" : "7", $"s{++sessions}", action);
                waiting.AddRange(Enumerable.Range(1, of).Select(page => (sync, sessions, page, of)));
            }

            // A page goes out once, as a rule; some come again with other content, before or after the end of their session.
            var next = waiting[random.Next(waiting.Count)];
            if (random.Next(3) != 0)
            {
                waiting.Remove(next);
            }

            (string Id, string Value)[] people = [.. Ids.Where(_ => random.Next(2) == 0).Select(id => (id, random.Next(3).ToString()))];
            var page = next.Sync.ProfilesPage(next.Page, next.Of, [.. people.Select(p => (p.Id, $$"""{"said":"{{p.Value}}"}"""))]);
            var outcome = await Store.Intake.ApplyAsync(page, Token);
            story.Add($"session {next.Session} page {next.Page}/{next.Of}: {string.Join(' ', people.Select(p => p.Id + p.Value))} ({outcome.Effect} {outcome.Number})");
            newest = Math.Max(newest, outcome.Number);
            if (outcome.Effect != CohortPageEffect.Repeated)
            {
                var late = numbers.TryGetValue(next.Session, out var ended) && ended == outcome.Number;
                Say(model, people, outcome.Number, overrides: !late || outcome.Number == newest);
            }

            if (outcome.Finished)
            {
                numbers[next.Session] = outcome.Number;
            }

            foreach (var person in await Store.Ledger.LoadAsync(scope, [.. Ids.Select(id => Core.People.PersonKey.Of(project, id))], Token))
            {
                if (person.DistinctId is { } id)
                {
                    var expected = $$"""{"said":"{{model[id].Value}}"}""";
                    Assert.True(person.Properties == expected, $"Seed {seed}: {id} has {person.Properties}, by the rule {expected}\n  {string.Join("\n  ", story)}");
                }
            }
        }
    }

    private static void Say(Dictionary<string, Known> model, (string Id, string Value)[] people, long number, bool overrides)
    {
        foreach (var (id, value) in people)
        {
            model[id] = !model.TryGetValue(id, out var known) ? new Known(value, number)
                : overrides && number >= known.Number ? new Known(value, number)
                : known with { Number = Math.Max(known.Number, number) };
        }
    }

    private sealed record Known(string Value, long Number);
}

public sealed class SqliteOrderOfProfilesTests : OrderOfProfilesContract
{
    protected override int Stories => 300;

    // What is compared here does not depend on the disk.
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome { Durable = false });
}

public sealed class PostgresOrderOfProfilesTests : OrderOfProfilesContract
{
    protected override int Stories => 40;

    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
