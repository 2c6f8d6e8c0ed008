using System.Globalization;
using System.Text.Json;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Tests.Rows;

// The rows about what Mixpanel sends: the running program receives it.
public sealed partial class SeedRowTests
{
    private static readonly TimeSpan HalfAnHour = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_project_has_60_recurring_syncs_and_any_number_of_one_time_ones()
    {
        // A program of its own: every cohort of it counts.
        await using var own = await new RowProgram().StartedAsync();
        await using var sender = RowProgram.Sender(new ManualClock(), onSchedule: false);
        CohortConnection[] connections = [own.Connect(sender), own.Connect(sender)];
        for (var i = 1; i <= 60; i++)
        {
            var id = Cohort(sender, i);
            sender.StartSync(id, connections[i % 2], SyncKind.Recurring);
            await SucceedsAsync(sender, id);
            await SucceedsAsync(sender, id);
        }

        Assert.Throws<CohortSyncRefusedException>(() => sender.StartSync(Cohort(sender, 61), connections[0], SyncKind.Recurring));
        foreach (var id in (string[])["61", Cohort(sender, 62), Cohort(sender, 63)])
        {
            sender.StartSync(id, connections[0], SyncKind.OneTime);
            await SucceedsAsync(sender, id);
        }

        var shown = JsonElement.Parse(await own.RunAsync("cohorts", "list", "--format", "json"));
        var slots = shown.GetProperty("recurringSlots");
        Assert.Equal((60, 60, 63), (slots.GetProperty("inUse").GetInt32(), slots.GetProperty("limit").GetInt32(), shown.GetProperty("cohorts").GetArrayLength()));
    }

    [Fact]
    public async Task A_webhook_has_a_user_and_a_password_and_is_called_once_or_every_30_minutes()
    {
        await program.StartedAsync();
        var clock = new ManualClock();
        await using var sender = RowProgram.Sender(clock, onSchedule: true);
        var connection = program.Connect(sender);
        sender.AddCohort("201", "Kept in sync").Add("u-1");
        sender.AddCohort("202", "Sent once").Add("u-1");
        sender.StartSync("201", connection, SyncKind.Recurring);
        sender.StartSync("202", connection, SyncKind.OneTime);
        await QuietAsync(sender);
        await program.HoldsAsync("201", "u-1");
        await program.HoldsAsync("202", "u-1");

        // "Real time" is half an hour.
        sender.Cohort("201").Add("u-2");
        sender.Cohort("202").Add("u-2");
        var before = sender.Requests.Count;
        clock.Advance(HalfAnHour - TimeSpan.FromSeconds(1));
        await QuietAsync(sender);
        Assert.Equal(before, sender.Requests.Count);
        clock.Advance(TimeSpan.FromSeconds(1));
        await QuietAsync(sender);
        await program.HoldsAsync("201", "u-1", "u-2");
        await program.HoldsAsync("202", "u-1");
        Assert.Equal((true, false), ((await program.GroupAsync("201")).GetProperty("recurring").GetBoolean(), (await program.GroupAsync("202")).GetProperty("recurring").GetBoolean()));

        // Another password is refused, and what is refused so stands still until a person acts.
        sender.AddCohort("203", "Refused").Add("u-1");
        sender.StartSync("203", program.Connect(sender, "wrong"), SyncKind.Recurring);
        await QuietAsync(sender);
        Assert.Equal(SyncState.Paused, sender.Status("203").State);
        Assert.Empty(sender.Violations);

        await using var free = new CohortSyncSimulator(new CohortSyncOptions { PaidPlan = false }, new PersonDirectory(), clock);
        Assert.Throws<CohortSyncRefusedException>(() => free.AddCohort("1", "Not without a paid plan"));
    }

    // The sender's own patience is measured on its clock, which stands.
    private static Task QuietAsync(CohortSyncSimulator sender) => sender.WaitUntilQuietAsync(Token).WaitAsync(Patience, Token);

    private static async Task SucceedsAsync(CohortSyncSimulator sender, string cohort) =>
        Assert.Equal(RunOutcome.Succeeded, (await sender.RunNowAsync(cohort, Token).WaitAsync(Patience, Token)).Outcome);

    private static string Cohort(CohortSyncSimulator sender, int number)
    {
        var cohort = sender.AddCohort(number.ToString(CultureInfo.InvariantCulture), $"Cohort {number}");
        cohort.Add($"u-{number}");
        return cohort.Id;
    }
}
