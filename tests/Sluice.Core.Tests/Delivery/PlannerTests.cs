using Sluice.Core.Delivery;
using Sluice.Core.People;

namespace Sluice.Core.Tests.Delivery;

public sealed class PlannerTests
{
    private const long List = 16;
    private const string Job = "job";
    private static readonly MappedContact Contact = new() { ExternalId = "a", Email = "a@example.test", Payload = 7 };
    private static readonly LedgerContact Known = new(null, "a@example.test", 7, 1, LedgerState.Present, null, null);

    // mode, wanted, in the ledger's list, there before us, suppressed → add, remove
    [Theory]
    [InlineData(ListMode.Mirror, true, false, false, false, true, false)]
    [InlineData(ListMode.Mirror, true, true, false, false, false, false)]
    [InlineData(ListMode.Mirror, true, false, true, false, false, false)]
    [InlineData(ListMode.Mirror, false, true, false, false, false, true)]
    [InlineData(ListMode.Mirror, false, false, true, false, false, false)]
    [InlineData(ListMode.Mirror, true, true, false, true, false, true)]
    [InlineData(ListMode.Mirror, true, false, true, true, false, false)]
    [InlineData(ListMode.Exclusive, true, false, true, false, true, false)]
    [InlineData(ListMode.Exclusive, false, false, true, false, false, true)]
    [InlineData(ListMode.Exclusive, true, false, true, true, false, true)]
    [InlineData(ListMode.Add, true, false, false, false, true, false)]
    [InlineData(ListMode.Add, false, true, false, false, false, false)]
    [InlineData(ListMode.Add, true, true, false, true, false, true)]
    [InlineData(ListMode.Remove, true, false, true, false, false, true)]
    [InlineData(ListMode.Remove, true, false, true, true, false, true)]
    [InlineData(ListMode.Remove, false, false, true, false, false, false)]
    [InlineData(ListMode.Remove, true, false, false, false, false, false)]
    [InlineData(ListMode.Update, true, false, false, false, false, false)]
    [InlineData(ListMode.Update, false, true, false, false, false, false)]
    public void Each_mode_wants_its_own(ListMode mode, bool wanted, bool member, bool foreign, bool suppressed, bool adds, bool removes)
    {
        var plan = Plan(Person(wanted, member ? LedgerState.Present : null, foreign) with { Suppressed = suppressed ? "unsubscribed" : null }, mode);
        Assert.Equal(adds, plan.AddTo.Contains(List));
        Assert.Equal(removes, plan.RemoveFrom.Any(r => r.List == List));
        Assert.All(plan.RemoveFrom, r => Assert.Equal(suppressed, r.Suppressed));
        Assert.False(suppressed && plan.NeedsUpsert);
    }

    [Theory]
    [InlineData(LedgerState.Intended)]
    [InlineData(LedgerState.Unknown)]
    [InlineData(LedgerState.Leaving)]
    public void Perhaps_present_is_added_again_or_removed_all_the_same(LedgerState state)
    {
        Assert.Equal([List], Plan(Person(wanted: true, state)).AddTo);
        Assert.Equal(List, Assert.Single(Plan(Person(wanted: false, state)).RemoveFrom).List);
    }

    [Fact]
    public void Whose_events_wait_becomes_a_contact_without_any_list()
    {
        var stranger = Person(wanted: false, null) with { HasEvents = true, Contact = null };
        Assert.True(Plan(stranger).NeedsUpsert);
        Assert.Empty(Plan(stranger).AddTo);
        Assert.False(Plan(stranger with { HasEvents = false }).NeedsUpsert);
        Assert.False(Plan(stranger with { Contact = Known }).NeedsUpsert);
        Assert.False(Plan(stranger with { Suppressed = "spam" }).NeedsUpsert);
    }

    [Fact]
    public void Who_leaves_while_their_job_runs_waits_for_it()
    {
        var plan = Plan(Person(wanted: false, LedgerState.Intended, job: Job));
        Assert.Equal(Job, plan.WaitsFor);
        Assert.Empty(plan.RemoveFrom);
    }

    [Fact]
    public void What_a_job_has_on_its_way_is_not_sent_beside_it_and_what_is_newer_waits()
    {
        var person = Person(wanted: true, LedgerState.Intended, job: Job) with { Contact = Known with { State = LedgerState.Intended, Job = Job } };
        Assert.True(Plan(person).IsEmpty);
        Assert.Null(Plan(person).WaitsFor);
        Assert.Equal(Job, Plan(person with { Contact = person.Contact! with { Payload = 8 } }).WaitsFor);
    }

    [Fact]
    public void A_list_that_waits_for_its_cohort_loses_nobody() =>
        Assert.True(Planner.Plan(Person(wanted: false, LedgerState.Present), Contact, [Rule(ListMode.Mirror) with { Waiting = ["soon"] }], new HashSet<string>()).IsEmpty);

    [Fact]
    public void Equal_payloads_send_nothing_and_others_do()
    {
        Assert.True(Plan(Person(wanted: true, LedgerState.Present)).IsEmpty);
        var plan = Plan(Person(wanted: true, LedgerState.Present) with { Contact = Known with { Payload = 8 } });
        Assert.True(plan.NeedsUpsert);
        Assert.Equal(List, plan.Carrier);
    }

    [Fact]
    public void A_refused_change_takes_nobody_off_the_list_and_is_not_tried_again()
    {
        var person = Person(wanted: true, LedgerState.Present) with { Contact = Known with { State = LedgerState.Refused } };
        var plan = Plan(person);
        Assert.True(plan.IsEmpty);
        Assert.Equal(SkipReason.Refused, Assert.Single(plan.Skipped).Reason);
        Assert.True(Plan(person with { Contact = person.Contact! with { Payload = 8 } }).NeedsUpsert);
    }

    [Fact]
    public void Who_has_the_address_of_another_is_skipped_with_that_reason()
    {
        var plan = Plan(Person(wanted: true, null) with { AddressHeldBy = "b" });
        Assert.True(plan.IsEmpty);
        Assert.Equal(SkipReason.AddressOfAnother, Assert.Single(plan.Skipped).Reason);
    }

    [Fact]
    public void Who_left_one_list_is_kept_from_that_one_only()
    {
        var person = Person(wanted: true, null) with { SuppressedLists = new HashSet<long> { List } };
        var plan = Planner.Plan(person, Contact, [Rule(ListMode.Mirror), Rule(ListMode.Mirror) with { List = 17 }], new HashSet<string>());
        Assert.Equal([17], plan.AddTo);
    }

    [Theory]
    [InlineData(ListMode.Mirror)]
    [InlineData(ListMode.Add)]
    public void Who_left_one_list_leaves_it_whatever_else_keeps_them_from_being_sent(ListMode mode)
    {
        var person = Person(wanted: true, LedgerState.Present) with { SuppressedLists = new HashSet<long> { List } };
        PersonPlan[] plans =
        [
            Plan(person with { AddressHeldBy = "b" }, mode),
            Plan(person with { DistinctId = null }, mode),
            Plan(person with { Contact = Known with { State = LedgerState.Refused } }, mode),
            Planner.Plan(person, Contact with { NotContactable = "no_email" }, [Rule(mode)], new HashSet<string>()),
        ];
        Assert.All(plans, p => Assert.Equal([new Removal(List, Suppressed: true)], p.RemoveFrom));
        Assert.All(plans, p => Assert.False(p.NeedsUpsert));
    }

    private static ListRule Rule(ListMode mode) => new(List, mode, false, ["901"], [], 1);

    private static PersonPlan Plan(PersonState person, ListMode mode = ListMode.Mirror) => Planner.Plan(person, Contact, [Rule(mode)], new HashSet<string> { Job });

    private static PersonState Person(bool wanted, LedgerState? member, bool foreign = false, string? job = null) => new()
    {
        Key = PersonKey.Of("p", "a"),
        DistinctId = "a",
        Properties = """{"$email":"a@example.test"}""",
        Groups = wanted ? new HashSet<string> { "901" } : [],
        Contact = Known,
        Members = member is { } state ? new Dictionary<long, LedgerMember> { [List] = new(state, job, default, null) } : [],
        Foreign = foreign ? new HashSet<long> { List } : [],
    };
}
