using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>Answers that were laid down beforehand, because what would compute them does not run here.</summary>
internal sealed class PreparedAnswers
{
    private readonly Dictionary<string, Func<JsonElement, ProjectState, string>> _scripts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _reports = [];

    /// <summary>What gives the rows of a script, from its parameters and the project. Blanks around the text do not count.</summary>
    public Func<JsonElement, ProjectState, string>? Script(string text) => _scripts.GetValueOrDefault(text.Trim());

    public void SetScript(string text, Func<JsonElement, ProjectState, string> rows) => _scripts[text.Trim()] = rows;

    public string? Report(long bookmarkId) => _reports.GetValueOrDefault(bookmarkId);

    public void SetReport(long bookmarkId, string answer) => _reports[bookmarkId] = answer;
}
