using System.Collections.Concurrent;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Destinations.Brevo.Companies;
using Sluice.Simulators.Brevo;
using Sluice.Tests.Delivery.Enrichment;

namespace Sluice.Tests.Delivery.Companies;

/// <summary>Groups become companies in Brevo, with their members, within the scarcest of its budgets.</summary>
public sealed class CompanyTests
{
    private const string Key = "company";
    private static readonly CompanyMapping[] Mapping = [new("$name", "name"), new("domain", "domain"), new("seats", "number_of_employees"), new("plan", "no_such")];

    [Fact]
    public async Task A_group_becomes_a_company_with_its_members_and_follows_them()
    {
        await using var test = await CompanyWorld.StartAsync();
        await test.GroupAsync("acme", """{"$name":"Acme","domain":"acme.test","seats":"40","plan":"team"}""");
        await test.GroupAsync("beta", "{\"domain\":7}");
        await test.PeopleAsync(("ana", "acme"), ("bo", "acme"), ("cy", "other"));
        await test.UntilAsync(() => test.Members("Acme").SequenceEqual(["ana", "bo"]));
        Assert.Equal([("domain", "acme.test"), ("number_of_employees", "40")], test.Company("Acme").Attributes.Select(a => (a.Key, a.Value)));
        Assert.Equal([("domain", "7")], test.Company("beta").Attributes.Select(a => (a.Key, a.Value)));

        await test.World.PassAsync(TimeSpan.FromSeconds(30));
        var calls = test.Calls;
        await test.GroupAsync("acme", """{"seats":41}""");
        await test.GroupAsync("acme", """{"seats":42,"plan":"other"}""");
        await test.UntilAsync(() => test.Company("Acme").Attributes["number_of_employees"] == "42");
        await test.World.Store.ProfileAsync(World.Project, "bo", """{"company":"beta"}""");
        test.World.Worker.Wake();
        await test.UntilAsync(() => test.Members("Acme").SequenceEqual(["ana"]) && test.Members("beta").SequenceEqual(["bo"]));
        await test.World.PassAsync(TimeSpan.FromSeconds(30));

        // At most one for each of the two states of the group, and one for each of the two companies whose members changed.
        Assert.InRange(test.Calls - calls, 3, 4);
        Assert.Contains("no such company attribute: no_such", (await test.RunsAsync()).Select(r => r.Note));
        test.AssertClean();
    }

    [Fact]
    public async Task A_member_who_becomes_a_contact_after_their_company_was_made_is_linked_soon()
    {
        await using var test = await CompanyWorld.StartAsync(brevo => brevo.Faults.Add("POST", "/contacts", BrevoFaultEffect.Error(500, "internal", "No"), count: null));
        await test.World.Store.ProfileAsync(World.Project, "ana", """{"$email":"ana@example.test","company":"acme"}""");
        await test.World.FullAsync([new Someone("ana", "ana@example.test")]);
        await test.GroupAsync("acme", "{}");
        await test.UntilAsync(() => test.World.Brevo.Companies.Count == 1);
        Assert.Empty(test.Members("acme"));
        test.World.Brevo.Faults.Clear();
        await test.UntilAsync(() => test.World.Brevo.ContactCount == 1);
        var since = test.World.Clock.GetUtcNow();
        await test.UntilAsync(() => test.Members("acme").SequenceEqual(["ana"]));
        Assert.InRange(test.World.Clock.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        test.AssertClean();
    }

    [Fact]
    public async Task A_company_of_the_same_name_is_taken_over_and_of_several_none()
    {
        await using var test = await CompanyWorld.StartAsync(brevo =>
        {
            brevo.CreateCompany("Acme");
            brevo.CreateCompany("Beta");
            brevo.CreateCompany("Beta");
        });
        await test.GroupAsync("acme", """{"$name":"Acme","domain":"acme.test"}""");
        await test.GroupAsync("beta", """{"$name":"Beta"}""");
        await test.GroupAsync("twin", """{"$name":"Acme","domain":"twin.test"}""");
        await test.UntilAsync(() => test.World.Brevo.Companies.Count == 4 && test.World.Brevo.Companies.Count(c => c.Attributes.Count > 0) == 2);
        await test.World.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["Acme", "Beta", "Beta", "Acme"], test.World.Brevo.Companies.Select(c => c.Name));
        var letter = Assert.Single(await test.World.Store.DeadLetters.ListAsync(World.Project, "open", 10, TestContext.Current.CancellationToken));
        Assert.Equal(("company_ambiguous", "beta"), (letter.Reason, letter.Subject));
        test.AssertClean();
    }

    [Fact]
    public async Task A_creation_whose_answer_was_lost_makes_no_second_company()
    {
        await using var test = await CompanyWorld.StartAsync(brevo =>
        {
            brevo.Faults.Add("POST", "/companies", BrevoFaultEffect.CutAfter(), 1);
            brevo.Faults.Add("PATCH", "/companies/*", BrevoFaultEffect.Error(500, "internal", "No"), 1);
        });
        await test.PeopleAsync(("ana", "acme"));
        await test.GroupAsync("acme", """{"$name":"Acme","domain":"acme.test"}""");
        await test.UntilAsync(() => test.World.Brevo.Companies is [{ Attributes.Count: 1, ContactIds.Count: 1 }]);
        await test.World.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Single(test.World.Brevo.Companies);
        test.AssertClean();
    }

    [Fact]
    public async Task What_is_deleted_on_one_side_is_made_anew_and_on_the_other_is_left_by_its_members()
    {
        await using var test = await CompanyWorld.StartAsync();
        await test.GroupAsync("acme", """{"$name":"Acme"}""");
        await test.PeopleAsync(("ana", "acme"), ("bo", "acme"));
        await test.UntilAsync(() => test.Members("Acme").SequenceEqual(["ana", "bo"]));

        var first = test.Company("Acme").Id;
        test.World.Brevo.DeleteCompany(first);
        await test.GroupAsync("acme", """{"domain":"acme.test"}""");
        await test.UntilAsync(() => test.World.Brevo.Companies is [{ Attributes.Count: 1, ContactIds.Count: 2 }]);
        Assert.NotEqual(first, test.Company("Acme").Id);

        await test.World.Store.DeleteGroupAsync(World.Project, Key, "acme");
        await test.UntilAsync(() => test.World.Brevo.Companies is [{ ContactIds.Count: 0 }]);
        Assert.Equal("acme.test", test.Company("Acme").Attributes["domain"]);
        test.AssertClean();
    }

    [Fact]
    public async Task A_group_without_a_name_becomes_a_letter_and_the_others_companies()
    {
        await using var test = await CompanyWorld.StartAsync();
        await test.GroupAsync(" ", """{"domain":"acme.test"}""");
        await test.GroupAsync("beta", "{}");
        await test.UntilAsync(() => test.World.Brevo.Companies is [{ Name: "beta" }]);
        await test.World.PassAsync(TimeSpan.FromSeconds(10));
        var letter = Assert.Single(await test.World.Store.DeadLetters.ListAsync(World.Project, "open", 10, TestContext.Current.CancellationToken));
        Assert.Equal("company_without_name", letter.Reason);
        test.AssertClean();
    }

    [Fact]
    public async Task Calls_that_come_free_one_by_one_are_enough_for_a_company_and_its_changes()
    {
        await using var test = await CompanyWorld.StartAsync(wrap: (destination, clock) => new OneAMinute(destination, clock));
        await test.PeopleAsync(("ana", "acme"));
        await test.GroupAsync("acme", """{"$name":"Acme","domain":"acme.test"}""");
        await test.UntilAsync(() => test.World.Brevo.Companies is [{ Attributes.Count: 1 }] && test.Members("Acme").SequenceEqual(["ana"]));
        await test.GroupAsync("acme", """{"domain":"new.test"}""");
        await test.World.Store.ProfileAsync(World.Project, "ana", """{"company":"other"}""");
        test.World.Worker.Wake();
        await test.UntilAsync(() => test.Company("Acme").Attributes["domain"] == "new.test" && !test.Members("Acme").Any());
        test.AssertClean();
    }

    [Fact]
    public async Task A_company_that_always_fails_holds_up_no_other()
    {
        await using var test = await CompanyWorld.StartAsync();
        await test.GroupAsync("acme", """{"domain":"acme.test"}""");
        await test.UntilAsync(() => test.World.Brevo.Companies.Count == 1);
        test.World.Brevo.Faults.Add("PATCH", "/companies/*", BrevoFaultEffect.Error(500, "internal", "No"), 4);
        await test.GroupAsync("acme", """{"domain":"new.test"}""");
        await test.World.PassAsync(TimeSpan.FromSeconds(10));
        await test.GroupAsync("beta", "{}");
        await test.World.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, test.World.Brevo.Companies.Count);
        Assert.Equal("acme.test", test.Company("acme").Attributes["domain"]);
        await test.UntilAsync(() => test.Company("acme").Attributes["domain"] == "new.test");
        test.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_contact_that_was_deleted_by_hand_costs_nobody_else_their_link(bool companyIsThere)
    {
        await using var test = await CompanyWorld.StartAsync();
        string[] people = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"];
        await test.GroupAsync("other", "{}");
        await test.PeopleAsync([.. people.Select(p => (p, "other"))]);
        await test.UntilAsync(() => test.Members("other").SequenceEqual(people));
        if (companyIsThere)
        {
            await test.GroupAsync("acme", "{}");
            await test.UntilAsync(() => test.World.Brevo.Companies.Count == 2);
        }

        Assert.True(test.World.Brevo.DeleteContact("p3@example.test"));
        foreach (var person in people)
        {
            await test.World.Store.ProfileAsync(World.Project, person, """{"company":"acme"}""");
        }

        test.World.Worker.Wake();
        await test.World.PassAsync(TimeSpan.FromSeconds(10));
        await test.GroupAsync("acme", """{"domain":"acme.test"}""");
        await test.UntilAsync(() => test.Members("acme").SequenceEqual(people.Where(p => p != "p3")));
        await test.World.PassAsync(TimeSpan.FromMinutes(1));
        var calls = test.Calls;
        await test.World.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal(calls, test.Calls);
        Assert.Empty(await test.World.Store.DeadLetters.ListAsync(World.Project, "open", 10, TestContext.Current.CancellationToken));
        test.AssertClean();
    }

    [Fact]
    public async Task Many_groups_keep_the_scarce_budget_and_hold_up_nobody()
    {
        await using var test = await CompanyWorld.StartAsync();
        for (var i = 0; i < 40; i++)
        {
            await test.GroupAsync($"g{i}", "{}");
        }

        await test.UntilAsync(() => test.World.Brevo.Companies.Count >= 20);
        await test.World.PassAsync(TimeSpan.FromMinutes(1));
        Assert.InRange(test.Calls, 40, 52);
        var run = (await test.RunsAsync()).MaxBy(r => r.StartedAt)!;
        Assert.InRange(run.Counts["waiting"], 14, 20);
        Assert.StartsWith("budget: ", run.Note, StringComparison.Ordinal);

        // A person of the same account goes through at once.
        await test.PeopleAsync(("ana", "g1"));
        Assert.InRange(test.Calls, 40, 52);
        await test.UntilAsync(() => test.World.Brevo.Companies.Count == 40 && test.Members("g1").SequenceEqual(["ana"]));
        test.AssertClean();
    }

    /// <summary>The world of persons, with a worker of companies beside.</summary>
    private sealed class CompanyWorld : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly ConcurrentQueue<Exception> _errors = new();
        private readonly List<(string Id, string Company)> _people = [];
        private Task _running = Task.CompletedTask;

        public required World World { get; init; }

        public int Calls => new[] { ("POST", "/companies"), ("GET", "/companies"), ("PATCH", "/companies/*"), ("GET", "/crm/attributes/companies") }
            .Sum(c => World.Sent.Count(s => IsCall(s, c.Item1, c.Item2)));

        public static async Task<CompanyWorld> StartAsync(
            Action<BrevoSimulator>? before = null, Func<ICompanyDestination, TimeProvider, ICompanyDestination>? wrap = null)
        {
            var rules = new EnrichmentRules([], []) { Companies = Key };
            var world = await World.StartAsync(mapping: [new AttributeMapping("plan", "PLAN_TYPE", null)], enrichment: rules, before: before);
            var test = new CompanyWorld { World = world };
            var settings = new BrevoSettings { ApiKey = "xkeysib-simulator", BaseAddress = world.Brevo.BaseUrl, Mapping = [] };
            ICompanyDestination destination = new BrevoCompanyDestination(settings, Mapping, world.Http, world.Watch(world.Store.PermitBooks), world.Clock);
            var worker = new CompanyWorker(
                World.Project, Key, wrap?.Invoke(destination, world.Clock) ?? destination, world.Watch(world.Store.Companies),
                world.Watch(world.Store.Ledger), world.Watch(world.Store.Leases), world.Clock, "node", test._errors.Enqueue);
            test._running = world.RunBesideAsync(() => worker.RunAsync(test._stopping.Token));
            return test;
        }

        public Task GroupAsync(string id, string properties) => World.Store.GroupAsync(World.Project, Key, id, properties);

        /// <summary>People with a company, in the list.</summary>
        public async Task PeopleAsync(params (string Id, string Company)[] people)
        {
            _people.AddRange(people);
            foreach (var (id, company) in people)
            {
                await World.Store.ProfileAsync(World.Project, id, $$"""{"$email":"{{id}}@example.test","company":"{{company}}"}""");
            }

            var members = _people.Select(p => new Someone(p.Id, $"{p.Id}@example.test")).ToList();
            await World.FullAsync(members);
            await World.ListHoldsAsync(World.Emails(members));
        }

        public BrevoCompanyView Company(string name) => World.Brevo.Companies.Single(c => c.Name == name);

        public IEnumerable<string> Members(string name) =>
            (World.Brevo.Companies.FirstOrDefault(c => c.Name == name)?.ContactIds ?? []).Select(id => World.Brevo.ContactById(id)!.ExtId!).Order(StringComparer.Ordinal);

        public Task UntilAsync(Func<bool> condition) => World.UntilAsync(condition, () => string.Join("; ", _errors));

        public async Task<IReadOnlyList<Core.Delivery.Run>> RunsAsync() =>
            [.. (await World.Store.Runs.ListAsync(World.Project, 1_000, TestContext.Current.CancellationToken)).Where(r => r.Kind == "companies")];

        public void AssertClean()
        {
            Assert.Empty(_errors);
            World.AssertClean();
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _running;
            await World.DisposeAsync();
            _stopping.Dispose();
        }

        private static bool IsCall(string sent, string method, string path) =>
            sent.StartsWith($"{method} /v3{path.TrimEnd('*')}", StringComparison.Ordinal);
    }

    /// <summary>A budget of which one call comes free each minute.</summary>
    private sealed class OneAMinute(ICompanyDestination inner, TimeProvider time) : ICompanyDestination
    {
        private DateTimeOffset _next;

        public string Name => inner.Name;

        public Task<IReadOnlyList<string>> PrepareAsync(CancellationToken cancellationToken) => inner.PrepareAsync(cancellationToken);

        public MappedCompany Map(string groupId, string properties) => inner.Map(groupId, properties);

        public Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken) => Take(() => inner.FindAsync(name, cancellationToken));

        public Task<string> CreateAsync(MappedCompany company, IReadOnlyList<long> contacts, CancellationToken cancellationToken) =>
            Take(() => inner.CreateAsync(company, contacts, cancellationToken));

        public Task<bool> UpdateAsync(string id, MappedCompany company, CancellationToken cancellationToken) => Take(() => inner.UpdateAsync(id, company, cancellationToken));

        public Task<bool> LinkAsync(string id, IReadOnlyList<long> link, IReadOnlyList<long> unlink, CancellationToken cancellationToken) =>
            Take(() => inner.LinkAsync(id, link, unlink, cancellationToken));

        public Task<long?> FindContactAsync(string externalId, CancellationToken cancellationToken) => inner.FindContactAsync(externalId, cancellationToken);

        private Task<T> Take<T>(Func<Task<T>> call)
        {
            var now = time.GetUtcNow();
            if (now < _next)
            {
                throw new DeliveryException(new Decision(DecisionKind.Retry, "budget", "Used up.", _next - now));
            }

            _next = now + TimeSpan.FromMinutes(1);
            return call();
        }
    }
}
