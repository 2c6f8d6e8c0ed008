namespace Sluice.Mixpanel.Cohorts;

/// <summary>What is said about a page that is refused before its envelope can be judged: where it breaks, and the remedy.</summary>
internal static class PageProblems
{
    public const string Empty = "The body is empty. Send one JSON object with action and parameters.";

    public const string NotAnObject = "The body is not a JSON object. Send one JSON object with action and parameters.";

    public static string NotJson(long line, long position) =>
        $"The body is not JSON: it breaks in line {line + 1} at byte {position + 1}. Send exactly one JSON object in UTF-8.";

    public static string Truncated(long totalBytes) =>
        $"The body ends after {totalBytes} bytes inside its JSON object. Send the whole page again.";

    public static string TooLarge(long maxBytes) =>
        $"The body has more than {maxBytes} bytes. Export fewer properties, or raise the receiver's limit.";

    public static string TooDeep(long line, long position, int maxDepth) =>
        $"The body is nested deeper than {maxDepth} levels in line {line + 1} at byte {position + 1}. Do not export the property that is.";

    public static string TooManyMembers(int maxMembers) =>
        $"The page has more than {maxMembers} members. Send pages of 1000 members, or raise the receiver's limit.";
}
