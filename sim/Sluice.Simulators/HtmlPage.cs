using System.Globalization;
using System.Net;
using System.Text;

namespace Sluice.Simulators;

/// <summary>Writes one page of tables; it reloads itself and needs nothing from elsewhere.</summary>
internal sealed class HtmlPage
{
    private const string Style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
        h1{font-size:1.3rem}h2{font-size:1rem;margin:1.4rem 0 .4rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #dde2e7}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a4161a;font-weight:600}
        @media(prefers-color-scheme:dark){body{background:#14171a;color:#e4e7ea}th,td{border-color:#343a40}.bad{color:#ff8787}}
        """;

    private readonly StringBuilder _page = new();

    /// <summary>Starts a page with a heading and one line below it.</summary>
    public HtmlPage(string title, IEnumerable<string> facts, string alarm, bool alarming)
    {
        _page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"2\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width\"><title>").Append(Text(title)).Append("</title><style>")
            .Append(Style)
            .Append("</style></head><body><h1>").Append(Text(title)).Append("</h1><p>")
            .AppendJoin(" · ", facts.Select(Text)).Append(" · ")
            .Append(alarming ? "<span class=\"bad\">" : "<span>").Append(Text(alarm)).Append("</span></p>");
    }

    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>Adds a table. A heading that begins with # stands over numbers.</summary>
    public HtmlPage Table(string title, string[] headings, IEnumerable<object[]> rows)
    {
        _page.Append("<h2>").Append(Text(title)).Append("</h2><table><tr>");
        foreach (var heading in headings)
        {
            _page.Append(heading[0] == '#' ? "<th class=\"n\">" : "<th>").Append(Text(heading.TrimStart('#'))).Append("</th>");
        }

        _page.Append("</tr>");
        foreach (var row in rows)
        {
            _page.Append("<tr>");
            for (var i = 0; i < row.Length; i++)
            {
                _page.Append(headings[i][0] == '#' ? "<td class=\"n\">" : "<td>").Append(Text(row[i])).Append("</td>");
            }

            _page.Append("</tr>");
        }

        _page.Append("</table>");
        return this;
    }

    public string End() => _page.Append("</body></html>").ToString();

    private static string Text(object value) =>
        WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture)) ?? "";
}
