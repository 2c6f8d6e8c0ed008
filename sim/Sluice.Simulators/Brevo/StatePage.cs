namespace Sluice.Simulators.Brevo;

/// <summary>One page that shows the account.</summary>
internal static class StatePage
{
    public static string Render(BrevoSimulator simulator) => new HtmlPage(
            "Brevo simulator",
            [
                simulator.BaseUrl.ToString(), HtmlPage.Time(simulator.Options.Clock.GetUtcNow()),
                $"{simulator.ContactCount} contacts", $"{simulator.Calls.Total} calls",
            ],
            $"{simulator.Calls.BudgetViolationCount} over budget",
            simulator.Calls.BudgetViolationCount > 0)
        .Table("Lists", ["#id", "name", "#members", "#unsubscribed"], simulator.Lists.Select(list =>
            new object[] { list.Id, list.Name, list.Members, list.Unsubscribed }))
        .Table("Processes", ["#id", "name", "status", "#rows", "asked", "ended"], simulator.Processes.Reverse().Take(10).Select(
            process => new object[]
            {
                process.Id, process.Name, process.Status, process.Rows, HtmlPage.Time(process.CreatedAt),
                process.EndedAt is { } end ? HtmlPage.Time(end) : "",
            }))
        .Table("Budgets", ["bucket", "#calls", "window", "#used", "#of", "#most in any window"], Enum.GetValues<BrevoBucket>()
            .SelectMany(bucket => simulator.Calls.Use(bucket).Select(use => new object[]
            {
                bucket, simulator.Calls.Count(bucket), use.Window.Span, use.InWindow, use.Window.Limit, use.MaxInWindow,
            })))
        .Table("Calls by endpoint", ["endpoint", "#calls"], simulator.Calls.ByEndpoint.Select(entry =>
            new object[] { entry.Key, entry.Value }))
        .Table("Last calls", ["time", "call", "#status", "fault"], simulator.Calls.Last.Reverse().Take(20).Select(call =>
            new object[]
            {
                HtmlPage.Time(call.Time), $"{call.Method} {call.Path}", call.Status == 0 ? "cut" : call.Status,
                call.Fault ?? (call.OverBudget ? "over budget" : ""),
            }))
        .Table("Webhooks sent", ["time", "to", "#try", "#status", "#events", "again"],
            simulator.Deliveries.Reverse().Take(10).Select(delivery => new object[]
            {
                HtmlPage.Time(delivery.Time), delivery.Url, delivery.Attempt, delivery.Status == 0 ? "none" : delivery.Status,
                delivery.Events, delivery.WillRetry ? "yes" : "no",
            }))
        .Table("Faults", ["#id", "method", "path", "effect", "#matched", "#fired"], simulator.Faults.Rules.Select(rule =>
            new object[]
            {
                rule.Id, rule.Fault.Method, rule.Fault.Path, rule.Fault.Effect.Kind, rule.Matched, rule.Fired,
            }))
        .End();
}
