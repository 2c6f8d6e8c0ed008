using System.Text;

namespace Sluice.Core.Doctor;

/// <summary>The page that the documentation shows: the doctor's own list.</summary>
public static class TroubleshootingPage
{
    /// <summary>Writes the page.</summary>
    /// <returns>Markdown.</returns>
    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # Troubleshooting

            `sluice doctor` looks for everything on this page and says what it sees. It changes nothing, takes at most half a minute (`--timeout`), and spends at most
            three of Mixpanel's hourly queries a project, inside the shared budget. Where something is passed on, it also sends an empty list to Mixpanel's `/import`, which stores
            nothing and tells whether the token is known. `--offline` asks nobody; `--format json` is for machines. This page is written from the doctor's own list.

            | what you see | why | what to do | code |
            | --- | --- | --- | --- |

            """);
        foreach (var kind in FindingCatalogue.All)
        {
            page.Append('|').Append(' ').Append(Cell(kind.What)).Append(" | ").Append(Cell(kind.Cause)).Append(" | ").Append(Cell(kind.Remedy))
                .Append(" | `").Append(kind.Code).Append("` (").Append(kind.Severity.ToString().ToLowerInvariant()).Append(") |\n");
        }

        return page.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
