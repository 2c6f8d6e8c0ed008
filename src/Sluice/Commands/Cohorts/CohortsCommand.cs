using System.CommandLine;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts</c></summary>
internal static class CohortsCommand
{
    public static Command Create(CommandHost host) => new("cohorts", "Mixpanel's cohorts as Sluice has them, and the Brevo lists they feed.")
    {
        List(host), Show(host), Sync(host),
    };

    private static Command List(CommandHost host) => ProjectCommand.Add(
        new Command("list", "Shows the cohorts, how they are synced, and which lists they feed."), host,
        (session, _, cancellationToken) => CohortsList.RunAsync(session, cancellationToken));

    private static Command Show(CommandHost host)
    {
        var id = Id();
        var step = new Option<string?>("--step") { Description = $"Lists the people who miss a step, with the reason: {string.Join(", ", Steps())}." };
        step.AcceptOnlyFromAmong(Steps());
        var limit = CommonOptions.Limit(50, "people of --step");
        var offline = new Option<bool>("--offline") { Description = "Does not ask Brevo for its attributes: people are judged by e-mail address and phone number only." };
        var command = new Command("show", "Shows a cohort and where its people are lost on their way to the list: why the counts differ.") { id, step, limit, offline };
        return ProjectCommand.Add(command, host, (session, parsed, cancellationToken) => CohortsShow.RunAsync(
            session,
            parsed.GetValue(id)!,
            parsed.GetValue(step) is { } name ? Enum.Parse<FunnelStep>(name, ignoreCase: true) : null,
            parsed.GetValue(limit),
            parsed.GetValue(offline),
            cancellationToken));
    }

    private static Command Sync(CommandHost host)
    {
        var id = Id();
        var list = new Option<long>("--list", "-l") { Description = "Brevo's id of the list.", Required = true };
        var mode = new Option<ListMode>("--mode")
        {
            Description = "mirror: holds the cohort's people, of those whom Sluice put there; exclusive: holds them and nobody else; add: nobody is removed; "
                + "remove: takes them off the list; update: attributes only. Default: mirror.",
            DefaultValueFactory = _ => ListMode.Mirror,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only shows what would be done, and in how many calls." };
        var allow = new Option<bool>("--allow-removals") { Description = "Allows removals of any number from this list for one hour: lets go what the safety stop holds." };
        var pull = new Option<bool>("--pull") { Description = "First fetches the cohort from Mixpanel, also one that Mixpanel has never sent. Costs one query, and one for each 1,000 people." };
        var command = new Command("sync", "Brings a Brevo list in step with a cohort now, and says when it is.") { id, list, mode, dryRun, allow, pull };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var cohort = parsed.GetValue(pull) ? await CohortsFetch.RunAsync(session, parsed.GetValue(id)!, cancellationToken) : parsed.GetValue(id)!;
            var request = await SyncRequest.CreateAsync(
                session, cohort, parsed.GetValue(list), parsed.GetValue(mode), parsed.GetValue(allow), cancellationToken);
            return parsed.GetValue(dryRun)
                ? await CohortsSyncPreview.RunAsync(session, request, cancellationToken)
                : await CohortsSync.RunAsync(session, request, cancellationToken);
        });
    }

    private static Argument<string> Id() => new("ID") { Description = "Mixpanel's id of the cohort; its name or slug will do when only one has it." };

    private static string[] Steps() => [.. Enum.GetNames<FunnelStep>().Select(n => n.ToLowerInvariant())];
}
