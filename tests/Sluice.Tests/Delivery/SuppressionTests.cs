using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.People;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

public sealed class SuppressionTests
{
    private static readonly string[] OneLeft = ["u0@example.test"];

    [Fact]
    public async Task Brevos_webhook_is_registered_once_and_kept()
    {
        await using var inbox = Inbox.Start();
        await using var world = await World.StartAsync(inbox: inbox.Address, options: new WorkerOptions { PrepareEvery = TimeSpan.FromMinutes(1) });
        inbox.Serve(world);
        await world.FullAsync(World.People(2));
        await world.ListHoldsAsync(World.Emails(World.People(2)));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/webhooks"));
        await world.PassAsync(TimeSpan.FromMinutes(3));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/webhooks"));
        Assert.Equal(0, world.Brevo.Calls.Count("PUT", "/webhooks/{webhookId}"));
        world.AssertClean();
    }

    [Theory]
    [InlineData("unsubscribe")]
    [InlineData("spam")]
    [InlineData("bounce")]
    [InlineData("delete")]
    public async Task Who_must_not_be_written_to_leaves_every_list_at_once_and_for_ever(string what)
    {
        await using var inbox = Inbox.Start();
        await using var world = await World.StartAsync([World.Target(), World.Target(ListTarget.AllUsers, 17, ListMode.Add)], inbox: inbox.Address);
        inbox.Serve(world);
        await world.FullAsync(World.People(2));
        await world.ListHoldsAsync(World.Emails(World.People(2)));
        Act(world.Brevo, what, "u1@example.test");
        await world.ListHoldsAsync(OneLeft);
        await world.ListHoldsAsync(OneLeft, 17);

        // Nothing of what comes later brings them back, another address neither.
        var sent = world.Sent.Count;
        await world.FullAsync([.. World.People(2).Select(p => p with { Plan = "pro" })]);
        await world.EnterAsync([new("u1", "other@example.test", Plan: "team")]);
        await world.ListHoldsAsync(OneLeft);
        Assert.DoesNotContain(world.Sent.Skip(sent), s => s.Contains("u1", StringComparison.Ordinal) || s.Contains("other@", StringComparison.Ordinal));
        Assert.True(world.Clock.GetUtcNow() < new DateTimeOffset(2026, 3, 2, 9, 9, 0, TimeSpan.Zero), "by the webhook, not by the reading of changes");
        world.AssertClean();
    }

    [Fact]
    public async Task Without_a_webhook_the_regular_reading_of_changes_tells()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(2));
        await world.ListHoldsAsync(World.Emails(World.People(2)));
        world.Brevo.Unsubscribe("u1@example.test");
        await world.PassAsync(TimeSpan.FromMinutes(11));
        await world.ListHoldsAsync(OneLeft);
        world.AssertClean();
    }

    [Fact]
    public async Task However_long_a_list_is_read_what_changes_meanwhile_is_told()
    {
        await using var world = await World.StartAsync(
            options: new WorkerOptions { ChangesEvery = TimeSpan.FromMinutes(5) },
            before: b =>
            {
                b.AddForeignContacts(1, null, "x");
                b.AddForeignContacts(8000, World.List);
                b.Faults.Add("GET", "/contacts", BrevoFaultEffect.Delay(TimeSpan.FromSeconds(25)), 1_000);
            });
        await world.FullAsync(World.People(1));
        await world.PassAsync(TimeSpan.FromSeconds(100));
        Assert.True(world.Brevo.Unsubscribe("x1@foreign.test"));
        await world.UntilAsync(() => world.Held().Contains("u0@example.test"));
        await world.EnterAsync([new("x", "x1@foreign.test")]);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain("x1@foreign.test", world.Held());
        Assert.DoesNotContain(world.Sent, s => s.StartsWith("POST", StringComparison.Ordinal) && s.Contains("x1@", StringComparison.Ordinal));
        world.AssertClean();
    }

    [Fact]
    public async Task Who_left_one_list_stays_in_the_others()
    {
        await using var world = await World.StartAsync([World.Target(), World.Target("902", 17)]);
        await world.FullAsync(World.People(2));
        await world.FullAsync(World.People(2), "902");
        await world.ListHoldsAsync(World.Emails(World.People(2)), 17);
        await world.ListHoldsAsync(World.Emails(World.People(2)));
        world.Brevo.Unsubscribe("u1@example.test", World.List);
        await world.PassAsync(TimeSpan.FromMinutes(11));
        await world.EnterAsync([.. World.People(2).Select(p => p with { Plan = "pro" })]);
        await world.ListHoldsAsync(OneLeft);
        await world.ListHoldsAsync(World.Emails(World.People(2)), 17);
        world.AssertClean();
    }

    [Fact]
    public async Task Who_was_blocklisted_before_the_first_sync_is_never_sent()
    {
        await using var world = await World.StartAsync(before: b =>
        {
            b.AddToList(World.List, "u1@example.test");
            b.Unsubscribe("u1@example.test");
            b.AddForeignContacts(1, null, "x");
            b.HardBounce("x1@foreign.test");
        });
        await world.FullAsync([.. World.People(2), new("x", "x1@foreign.test")]);
        await world.ListHoldsAsync(["u0@example.test", "u1@example.test"]);
        Assert.DoesNotContain(world.Sent, s => s.StartsWith("POST", StringComparison.Ordinal) && (s.Contains("u1@", StringComparison.Ordinal) || s.Contains("x1@", StringComparison.Ordinal)));
        Assert.Null(world.Brevo.ContactByEmail("u1@example.test")!.ExtId);
        world.AssertClean();
    }

    [Theory]
    [InlineData(ListMode.Mirror)]
    [InlineData(ListMode.Exclusive)]
    [InlineData(ListMode.Add)]
    [InlineData(ListMode.Update)]
    public async Task By_hand_in_every_mode(ListMode mode)
    {
        await using var world = await World.StartAsync([World.Target(mode: mode)]);
        await world.FullAsync(World.People(2));
        if (mode != ListMode.Update)
        {
            await world.ListHoldsAsync(World.Emails(World.People(2)));
        }

        await world.Store.Suppressions.AddAsync(
            World.Project, [new SuppressionEntry(null, PersonKey.Of(World.Project, "u1"), 0, "manual", "hand", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
        await world.EnterAsync([.. World.People(2).Select(p => p with { Plan = "pro" })]);
        await world.ListHoldsAsync(mode == ListMode.Update ? [] : OneLeft);
        Assert.NotEqual("pro", world.Brevo.ContactByEmail("u1@example.test")?.Attributes.GetValueOrDefault("PLAN_TYPE"));
        world.AssertClean();
    }

    [Fact]
    public async Task Who_unsubscribes_while_their_import_runs_is_removed_after_it()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(200));
        await world.UntilAsync(() => world.Brevo.Calls.Count("POST", "/contacts/import") == 1);
        await world.Store.Suppressions.AddAsync(
            World.Project, [new SuppressionEntry("u7@example.test", null, 0, "unsubscribed", "webhook", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
        await world.ListHoldsAsync(World.Emails(World.People(200)).Where(e => e != "u7@example.test"));
        world.AssertClean();
    }

    private static void Act(BrevoSimulator brevo, string what, string email) => _ = what switch
    {
        "unsubscribe" => brevo.Unsubscribe(email),
        "spam" => brevo.Spam(email),
        "bounce" => brevo.HardBounce(email),
        _ => brevo.DeleteContact(email),
    };
}
