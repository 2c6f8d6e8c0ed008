namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>Answers that were laid down beforehand, because what would compute them does not run here.</summary>
internal sealed class PreparedAnswers
{
    private readonly Dictionary<string, string> _scripts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _reports = [];

    /// <summary>The rows of a script. Blanks around it do not count.</summary>
    public string? Script(string text) => _scripts.GetValueOrDefault(text.Trim());

    public void SetScript(string text, string rows) => _scripts[text.Trim()] = rows;

    public string? Report(long bookmarkId) => _reports.GetValueOrDefault(bookmarkId);

    public void SetReport(long bookmarkId, string answer) => _reports[bookmarkId] = answer;
}
