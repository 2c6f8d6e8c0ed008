using System.Globalization;
using System.Net;
using System.Text;

namespace Sluice.Simulators.Brevo;

/// <summary>One page that shows the account; it reloads itself and needs nothing from elsewhere.</summary>
internal static class StatePage
{
    private const string Style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
        h1{font-size:1.3rem}h2{font-size:1rem;margin:1.4rem 0 .4rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #dde2e7}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a4161a;font-weight:600}
        @media(prefers-color-scheme:dark){body{background:#14171a;color:#e4e7ea}th,td{border-color:#343a40}.bad{color:#ff8787}}
        """;

    public static string Render(BrevoSimulator simulator)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width\"><title>Brevo simulator</title><style>")
            .Append(Style)
            .Append("</style></head><body><h1>Brevo simulator</h1><p>")
            .Append(Text(simulator.BaseUrl)).Append(" · ").Append(Time(simulator.Options.Clock.GetUtcNow())).Append(" · ")
            .Append(Text($"{simulator.ContactCount} contacts · {simulator.Calls.Total} calls · "))
            .Append(simulator.Calls.BudgetViolationCount > 0 ? "<span class=\"bad\">" : "<span>")
            .Append(Text($"{simulator.Calls.BudgetViolationCount} over budget")).Append("</span></p>");
        Table(page, "Lists", ["#id", "name", "#members", "#unsubscribed"], simulator.Lists.Select(list =>
            new object[] { list.Id, list.Name, list.Members, list.Unsubscribed }));
        Table(page, "Processes", ["#id", "name", "status", "#rows", "asked", "ended"], simulator.Processes.Reverse().Take(10).Select(
            process => new object[]
            {
                process.Id, process.Name, process.Status, process.Rows, Time(process.CreatedAt),
                process.EndedAt is { } end ? Time(end) : "",
            }));
        Table(page, "Budgets", ["bucket", "#calls", "window", "#used", "#of", "#most in any window"], Enum.GetValues<BrevoBucket>()
            .SelectMany(bucket => simulator.Calls.Use(bucket).Select(use => new object[]
            {
                bucket, simulator.Calls.Count(bucket), use.Window.Span, use.InWindow, use.Window.Limit, use.MaxInWindow,
            })));
        Table(page, "Calls by endpoint", ["endpoint", "#calls"], simulator.Calls.ByEndpoint.Select(entry =>
            new object[] { entry.Key, entry.Value }));
        Table(page, "Last calls", ["time", "call", "#status", "fault"], simulator.Calls.Last.Reverse().Take(20).Select(call =>
            new object[]
            {
                Time(call.Time), $"{call.Method} {call.Path}", call.Status == 0 ? "cut" : call.Status,
                call.Fault ?? (call.OverBudget ? "over budget" : ""),
            }));
        Table(page, "Webhooks sent", ["time", "to", "#try", "#status", "#events", "again"],
            simulator.Deliveries.Reverse().Take(10).Select(delivery => new object[]
            {
                Time(delivery.Time), delivery.Url, delivery.Attempt, delivery.Status == 0 ? "none" : delivery.Status, delivery.Events,
                delivery.WillRetry ? "yes" : "no",
            }));
        Table(page, "Faults", ["#id", "method", "path", "effect", "#matched", "#fired"], simulator.Faults.Rules.Select(rule =>
            new object[]
            {
                rule.Id, rule.Fault.Method, rule.Fault.Path, rule.Fault.Effect.Kind, rule.Matched, rule.Fired,
            }));
        return page.Append("</body></html>").ToString();
    }

    // A heading that begins with # stands over numbers.
    private static void Table(StringBuilder page, string title, string[] headings, IEnumerable<object[]> rows)
    {
        page.Append("<h2>").Append(Text(title)).Append("</h2><table><tr>");
        foreach (var heading in headings)
        {
            page.Append(heading[0] == '#' ? "<th class=\"n\">" : "<th>").Append(Text(heading.TrimStart('#'))).Append("</th>");
        }

        page.Append("</tr>");
        foreach (var row in rows)
        {
            page.Append("<tr>");
            for (var i = 0; i < row.Length; i++)
            {
                page.Append(headings[i][0] == '#' ? "<td class=\"n\">" : "<td>").Append(Text(row[i])).Append("</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</table>");
    }

    private static string Text(object value) =>
        WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture)) ?? "";

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
