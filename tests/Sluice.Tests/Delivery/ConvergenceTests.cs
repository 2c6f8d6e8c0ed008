using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Tests.Delivery;

public sealed class ConvergenceTests
{
    [Fact]
    public async Task A_first_sync_goes_out_as_one_import()
    {
        await using var world = await World.StartAsync();
        var people = World.People(500);
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        Assert.Equal(0, world.Brevo.Calls.Count("POST", "/contacts"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_few_new_people_are_sent_one_by_one_and_known_ones_by_a_list_call()
    {
        await using var world = await World.StartAsync([World.Target(), World.Target("902", 17)]);
        var people = World.People(10);
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        Assert.Equal(10, world.Brevo.Calls.Count("POST", "/contacts"));
        await world.FullAsync([], "902");
        await world.EnterAsync(people, "902");
        await world.ListHoldsAsync(World.Emails(people), 17);
        Assert.Equal(10, world.Brevo.Calls.Count("POST", "/contacts"));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/lists/{listId}/contacts/add"));
        world.AssertClean();
    }

    [Fact]
    public async Task People_leave_in_calls_of_a_hundred_and_fifty()
    {
        await using var world = await World.StartAsync();
        var people = World.People(1000);
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        await world.LeaveAsync(people[..400]);
        await world.ListHoldsAsync(World.Emails(people[400..]));
        Assert.Equal(3, world.Brevo.Calls.Count("POST", "/contacts/lists/{listId}/contacts/remove"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_new_full_session_replaces_the_list()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(300));
        await world.ListHoldsAsync(World.Emails(World.People(300)));
        await world.FullAsync(World.People(300, 200));
        await world.ListHoldsAsync(World.Emails(World.People(300, 200)));
        world.AssertClean();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(200)]
    public async Task Changed_attributes_follow_alone_or_by_import(int count)
    {
        await using var world = await World.StartAsync();
        var people = World.People(count);
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        var singles = world.Brevo.Calls.Count("POST", "/contacts");
        var changed = people.Select(p => p with { Plan = "pro" }).ToList();
        await world.EnterAsync(changed);
        await world.UntilAsync(() => changed.All(p => Equals(world.Brevo.ContactByEmail(p.Email!)!.Attributes.GetValueOrDefault("PLAN_TYPE"), "pro")));
        await world.ListHoldsAsync(World.Emails(people));
        Assert.Equal(count > 50 ? 0 : count, world.Brevo.Calls.Count("POST", "/contacts") - singles);
        world.AssertClean();
    }

    [Fact]
    public async Task Who_leaves_while_an_import_updates_their_attributes_does_not_come_back()
    {
        await using var world = await World.StartAsync();
        var people = World.People(200);
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        await world.EnterAsync([.. people.Select(p => p with { Plan = "pro" })]);
        await world.UntilAsync(() => world.Brevo.Calls.Count("POST", "/contacts/import") == 2);
        await world.LeaveAsync(people[..20]);
        await world.ListHoldsAsync(World.Emails(people[20..]));
        world.AssertClean();
    }

    [Fact]
    public async Task Who_changes_the_address_keeps_the_contact()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([new("a", "old@example.test")]);
        await world.ListHoldsAsync(["old@example.test"]);
        await world.EnterAsync([new("a", "new@example.test")]);
        await world.ListHoldsAsync(["new@example.test"]);
        Assert.Equal(1, world.Brevo.ContactCount);
        world.AssertClean();
    }

    [Fact]
    public async Task A_blocklisted_contact_is_not_given_another_address()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([.. World.People(100), new("a", "old@example.test")]);
        await world.ListHoldsAsync([.. World.Emails(World.People(100)), "old@example.test"]);
        world.Brevo.Unsubscribe("old@example.test");
        await world.EnterAsync([.. World.People(100).Select(p => p with { Plan = "pro" }), new("a", "new@example.test", Plan: "pro")]);
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        Assert.True(world.Brevo.ContactByEmail("old@example.test")!.EmailBlacklisted);
        Assert.Null(world.Brevo.ContactByEmail("new@example.test"));
        world.AssertClean();
    }

    [Fact]
    public async Task Who_loses_every_address_leaves_the_list()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([new("a", "a@example.test"), new("b", "b@example.test")]);
        await world.ListHoldsAsync(["a@example.test", "b@example.test"]);
        await world.EnterAsync([new("a", "no address")]);
        await world.ListHoldsAsync(["b@example.test"]);
        world.AssertClean();
    }

    [Fact]
    public async Task Of_two_people_with_one_address_the_first_has_it_until_they_leave()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([new("a", "same@example.test")]);
        await world.ListHoldsAsync(["same@example.test"]);
        await world.EnterAsync([new("b", "same@example.test")]);
        await world.ListHoldsAsync(["same@example.test"]);
        Assert.Equal("a", world.Brevo.ContactByEmail("same@example.test")!.ExtId);
        await world.LeaveAsync([new("a", "same@example.test")]);
        await world.UntilAsync(() => world.Brevo.ContactByEmail("same@example.test")!.ExtId == "b");
        await world.ListHoldsAsync(["same@example.test"]);
        await world.EnterAsync([new("a", "same@example.test")]);
        await world.ListHoldsAsync(["same@example.test"]);
        Assert.Equal("b", world.Brevo.ContactByEmail("same@example.test")!.ExtId);
        world.AssertClean();
    }

    [Fact]
    public async Task An_address_that_its_owner_gives_up_passes_on()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([new("a", "same@example.test")]);
        await world.ListHoldsAsync(["same@example.test"]);
        await world.EnterAsync([new("b", "same@example.test")]);
        await world.EnterAsync([new("a", "own@example.test")]);
        await world.ListHoldsAsync(["own@example.test", "same@example.test"]);
        Assert.Equal("a", world.Brevo.ContactByEmail("own@example.test")!.ExtId);
        Assert.Equal("b", world.Brevo.ContactByEmail("same@example.test")!.ExtId);
        world.AssertClean();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_phone_of_two_people_merges_nobody(int others)
    {
        await using var world = await World.StartAsync();
        const string Phone = "+821012345678";
        await world.FullAsync([.. World.People(others), new("a", "a@example.test", Phone), new("b", "b@example.test", Phone)]);
        await world.ListHoldsAsync([.. World.Emails(World.People(others)), "a@example.test", "b@example.test"]);
        await world.EnterAsync([new("c", "c@example.test", Phone), .. World.People(others, 1000)]);
        await world.ListHoldsAsync([.. World.Emails(World.People(others)), .. World.Emails(World.People(others, 1000)), "a@example.test", "b@example.test", "c@example.test"]);
        Assert.Equal("821012345678", world.Brevo.ContactByEmail("a@example.test")!.Sms);
        Assert.Null(world.Brevo.ContactByEmail("b@example.test")!.Sms);
        Assert.Null(world.Brevo.ContactByEmail("c@example.test")!.Sms);
        world.AssertClean();
    }

    [Fact]
    public async Task People_with_a_phone_alone_come_and_go()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync([new("a", null, "+821012345678"), new("b", null, "+821012345679")]);
        await world.UntilAsync(() => world.Brevo.ListCount(World.List) == 2);
        await world.LeaveAsync([new("a", null, "+821012345678")]);
        await world.UntilAsync(() => world.Brevo.ListCount(World.List) == 1);
        Assert.Equal("b", world.Brevo.ContactById(world.Brevo.ListContactIds(World.List)[0])!.ExtId);
        world.AssertClean();
    }

    [Fact]
    public async Task All_users_holds_whoever_has_a_property_and_keeps_who_leaves()
    {
        await using var world = await World.StartAsync([World.Target(ListTarget.AllUsers)]);
        await world.FullAsync(World.People(80));
        await world.ListHoldsAsync(World.Emails(World.People(80)));
        await world.LeaveAsync(World.People(40));
        await world.ListHoldsAsync(World.Emails(World.People(80)));
        world.AssertClean();
    }

    [Fact]
    public async Task Groups_are_attributes()
    {
        await using var world = await World.StartAsync(
            [World.Target()], mapping: [new AttributeMapping("user_groups", "GROUPS", AttributeKind.Text), new AttributeMapping("user_group:902", "IN_902", AttributeKind.Boolean)]);
        await world.FullAsync([new("a", "a@example.test")]);
        await world.ListHoldsAsync(["a@example.test"]);
        Assert.Equal(false, world.Brevo.ContactByEmail("a@example.test")!.Attributes.GetValueOrDefault("IN_902"));
        await world.FullAsync([new("a", "a@example.test")], "902");
        await world.UntilAsync(() => Equals(world.Brevo.ContactByEmail("a@example.test")!.Attributes.GetValueOrDefault("IN_902"), true));
        world.AssertClean();
    }

    [Fact]
    public async Task A_key_that_waits_is_filled_when_a_cohort_takes_its_name()
    {
        await using var world = await World.StartAsync([World.Target("power_users")]);
        await world.FullAsync(World.People(5));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(world.Held());
        await world.FullAsync(World.People(5), "902", "Power users!");
        await world.ListHoldsAsync(World.Emails(World.People(5)));
        world.AssertClean();
    }

    [Fact]
    public async Task Two_cohorts_on_one_list_are_its_union()
    {
        await using var world = await World.StartAsync([World.Target(), World.Target("902")]);
        await world.FullAsync(World.People(30));
        await world.FullAsync(World.People(30, 20), "902");
        await world.ListHoldsAsync(World.Emails(World.People(50)));
        await world.LeaveAsync(World.People(30));
        await world.ListHoldsAsync(World.Emails(World.People(30, 20)));
        world.AssertClean();
    }

    [Fact]
    public async Task Members_who_were_there_before_stay_in_a_mirror()
    {
        await using var world = await World.StartAsync(before: b =>
        {
            b.AddForeignContacts(5, World.List);
            b.AddToList(World.List, "u1@example.test");
        });
        var foreign = Enumerable.Range(1, 5).Select(i => $"foreign{i}@foreign.test").ToList();
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync([.. foreign, .. World.Emails(World.People(3))]);
        await world.FullAsync([]);
        await world.ListHoldsAsync([.. foreign, "u1@example.test"]);
        world.AssertClean();
    }

    [Fact]
    public async Task An_exclusive_list_loses_everybody_else()
    {
        await using var world = await World.StartAsync(
            [World.Target(mode: ListMode.Exclusive)], b =>
            {
                b.AddForeignContacts(200, World.List);
                b.AddToList(World.List, "u1@example.test");
            });
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync(World.Emails(World.People(3)));
        await world.LeaveAsync(World.People(2));
        await world.ListHoldsAsync(["u2@example.test"]);
        world.AssertClean();
    }

    [Fact]
    public async Task Add_never_removes()
    {
        await using var world = await World.StartAsync([World.Target(mode: ListMode.Add)]);
        await world.FullAsync(World.People(5));
        await world.ListHoldsAsync(World.Emails(World.People(5)));
        await world.FullAsync(World.People(5, 3));
        await world.ListHoldsAsync(World.Emails(World.People(8)));
        world.AssertClean();
    }

    [Fact]
    public async Task Remove_takes_the_members_off_the_list_once()
    {
        await using var world = await World.StartAsync([World.Target(mode: ListMode.Remove)], b =>
        {
            b.AddForeignContacts(3, World.List);
            b.AddToList(World.List, "u1@example.test");
        });
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync(Enumerable.Range(1, 3).Select(i => $"foreign{i}@foreign.test"));
        await world.FullAsync(World.People(4));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/lists/{listId}/contacts/remove"));
        Assert.Equal(0, world.Brevo.Calls.Count("POST", "/contacts"));
        world.AssertClean();
    }

    [Fact]
    public async Task Update_touches_attributes_of_members_alone()
    {
        await using var world = await World.StartAsync([World.Target(mode: ListMode.Update)], b => b.AddToList(World.List, "u1@example.test"));
        await world.FullAsync([.. World.People(3).Select(p => p with { Plan = "pro" })]);
        await world.UntilAsync(() => Equals(world.Brevo.ContactByEmail("u1@example.test")!.Attributes.GetValueOrDefault("PLAN_TYPE"), "pro"));
        await world.ListHoldsAsync(["u1@example.test"]);
        Assert.Equal(1, world.Brevo.ContactCount);
        world.AssertClean();
    }
}
