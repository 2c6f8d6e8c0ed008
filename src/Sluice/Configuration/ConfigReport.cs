using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Configuration;

/// <summary>Writes problems and warnings for people and for machines.</summary>
public static class ConfigReport
{
    // Relaxed: for terminals and pipes, never put into a page.
    private static readonly JsonSerializerOptions Camel = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One line each, <c>file:line:column: key — message; remedy</c>, problems first. Editors and terminals make such places clickable.</summary>
    public static string ToText(ConfigResult result) =>
        string.Concat(result.Problems.Select(problem => $"{Line(result.File, problem, "")}\n")
            .Concat(result.Warnings.Select(warning => $"{Line(result.File, warning, "warning: ")}\n")));

    /// <summary><c>{ file, valid, problems: [{ key, line, column, message, remedy }], warnings: […] }</c>.</summary>
    public static string ToJson(ConfigResult result) =>
        JsonSerializer.Serialize(
            new { result.File, Valid = result.Problems.Count == 0, result.Problems, result.Warnings }, Camel) + "\n";

    /// <summary>The outcome in one line.</summary>
    public static string Summary(ConfigResult result) =>
        result.Settings is { } settings
            ? $"{result.File} is valid: {Count(settings.Projects.Count, "project")}, {Count(result.Warnings.Count, "warning")}"
            : $"{result.File} is not valid: {Count(result.Problems.Count, "problem")}, {Count(result.Warnings.Count, "warning")}";

    private static string Line(string file, ConfigProblem problem, string kind)
    {
        var place = problem.Line == 0 ? file : string.Create(CultureInfo.InvariantCulture, $"{file}:{problem.Line}:{problem.Column}");
        var key = problem.Key.Length == 0 ? "" : $"{problem.Key} — ";
        return $"{place}: {kind}{key}{problem.Message}; {problem.Remedy}";
    }

    private static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
