namespace Sluice.Mixpanel.Ingestion;

/// <summary>What is said about a record that fails, in Mixpanel's words where they are known.</summary>
internal static class RecordProblems
{
    public const string NotUtf8 = "string should be valid utf8";
    public const string Nul = "string must not hold the character U+0000";
    public const string NotAnObject = "the record must be a JSON object";
    public const string NotJson = "the line is not a JSON object";
    public const string BlankEvent = "'event' must not be missing or blank";
    public const string IdentityEvents = "identity events are not allowed when project is using simplified identity management";

    public static string TooLarge(int maxBytes) => $"a record may have at most {maxBytes} bytes";

    public static string TooManyProperties(int max) => $"a record may have at most {max} properties";

    public static string Missing(string field) => Invalid(field, "must not be missing");

    public static string Invalid(string field, string why) => $"'{field}' is invalid: {why}";

    /// <summary>Of the name of somebody's property, which Mixpanel does not quote.</summary>
    public static string InvalidProperty(string field, string why) => $"{field} is invalid: {why}";
}

/// <summary>Which field of a record is wrong, and why.</summary>
internal readonly record struct RecordProblem(string Field, string Message)
{
    public static RecordProblem Missing(string field) => new(field, RecordProblems.Missing(field));

    public static RecordProblem Invalid(string field, string why) => new(field, RecordProblems.Invalid(field, why));
}
