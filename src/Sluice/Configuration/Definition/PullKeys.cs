using System.Text.RegularExpressions;
using Sluice.Configuration.Reading;
using Sluice.Core.Pull.Schedules;

namespace Sluice.Configuration.Definition;

/// <summary>What the rows of a script become.</summary>
internal enum JqlUse
{
    Attributes,
    UserGroup,
    LookupTable,
}

/// <summary>What an export tells as the time of an event.</summary>
internal enum ExportTime
{
    Utc,
    ProjectTimeZone,
}

internal static partial class PullKeys
{
    /// <summary>What stands for everything that there is.</summary>
    public const string All = "all";

    private static readonly TextShape Text = new("text", pattern: null, "text on one line") { IsOftenNumber = true };

    private static readonly ScheduleShape When = new();

    public static readonly Key<Schedule> Schedule = new(
        "schedule", When, "When: `every 6h`, `daily 03:00`, `weekly mon 03:00`, or the five fields of cron, on the clock of `project.timezone`.")
    {
        IsRequired = true,
        Example = "daily 03:00",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> Include = new(
        "include", new SeveralShape<string>(Text, mayBeEmpty: false), "Cohorts by id or name, or `all` that are visible at Mixpanel.")
    {
        DefaultText = "all",
        Example = "[7700123, \"At risk\"]",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> CohortProperties = new(
        "properties", new SeveralShape<string>(Text, mayBeEmpty: false), "Which properties come with a cohort's people, or `all`. Fewer make answers small.")
    {
        Without = "those that `property_mapping` and `lookups` name, and `$email`, `$phone`, `$first_name`, `$last_name`",
        Example = "[$email, plan]",
    };

    public static readonly Key<BlockReader> Cohorts = new(
        "cohorts",
        new BlockShape(Schedule, Include, CohortProperties),
        "Fetches cohorts, as if Mixpanel had sent them in full. Costs one query for the list and one for each 1,000 people.")
    {
        Without = "none are fetched",
    };

    public static readonly Key<DateOnly> From = new("from", new DayShape(), "The first day that is fetched.")
    {
        IsRequired = true,
        Example = "2026-01-01",
    };

    public static readonly Key<int> Overlap = new(
        "overlap", new DaysShape(1, 60), "How many of the last days are fetched again each time, for events that came late. What is there already stays as it is.")
    {
        Default = 5,
        DefaultText = "5d",
        Example = "2d",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> EventNames = new(
        "events", new SeveralShape<string>(Text, mayBeEmpty: false), "Only these events, by name.")
    {
        Without = "all events",
        Example = "[Purchase, \"Sign up\"]",
    };

    public static readonly Key<ExportTime> Time = new(
        "time",
        new ChoiceShape<ExportTime>(("utc", ExportTime.Utc), ("project_time_zone", ExportTime.ProjectTimeZone)),
        "What Mixpanel's exports tell as `time`. `project_time_zone` for a project that was made before 2023-01-01: Mixpanel shifts its times into the project's time zone, and Sluice shifts them back, by `project.timezone`.")
    {
        Default = ExportTime.Utc,
        DefaultText = "utc",
        Example = "project_time_zone",
    };

    public static readonly Key<BlockReader> Events = new(
        "events",
        new BlockShape(Schedule, From, Overlap, EventNames, Time),
        "Fetches events by raw export, one export a day of events. They are never passed on to the project that they come from.")
    {
        Without = "none are fetched",
    };

    public static readonly Key<string> Where = new(
        "where", Text, "A condition in Mixpanel's language: only profiles that meet it.")
    {
        Without = "all profiles",
        Example = "'defined(properties[\"$email\"])'",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> ProfileProperties = new(
        "properties", new SeveralShape<string>(Text, mayBeEmpty: false), "Which properties are fetched, or `all`.")
    {
        DefaultText = "all",
        Example = "[$email, plan]",
    };

    public static readonly Key<BlockReader> Profiles = new(
        "profiles",
        new BlockShape(Schedule, Where, ProfileProperties),
        "Fetches profiles, one query for each 1,000. What Mixpanel has is set; what it does not have stays.")
    {
        Without = "none are fetched",
    };

    public static readonly Key<string> JqlName = new(
        "name", new TextShape("text", NameForm(), "a letter or digit, then up to 63 letters, digits, _ or -"), "Names the job; a user group is found under it.")
    {
        IsRequired = true,
        Example = "big_spenders",
    };

    public static readonly Key<string> Script = new(
        "script", new TextShape("path", pattern: null, "the path of a file with the script"), "File with the script, relative to the config file. Its rows begin with a distinct id, or with the key of a table.")
    {
        IsRequired = true,
        Example = "big_spenders.js",
    };

    public static readonly Key<JqlUse> As = new(
        "as",
        new ChoiceShape<JqlUse>(("attributes", JqlUse.Attributes), ("user_group", JqlUse.UserGroup), ("lookup_table", JqlUse.LookupTable)),
        "What the rows become: properties of the people's profiles, a user group of the people, or a lookup table that `lookups` can name.")
    {
        IsRequired = true,
        Example = "user_group",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> Attributes = new(
        "attributes", new SeveralShape<string>(Text, mayBeEmpty: false), "With `as: attributes`: the properties that a row's values become, in their order.")
    {
        Without = "a user group",
        Example = "[purchases, revenue]",
    };

    public static readonly Key<string> Table = new("table", Text, "With `as: lookup_table`: the table, as `lookups` names it. It is replaced by each run, or stays as it was.")
    {
        Without = "no table",
        Example = "products",
    };

    public static readonly Key<string> TableKey = new(
        "key", Text, "With `as: lookup_table`: the table's first column. A row's first value, or its property of this name.")
    {
        Without = "no table",
        Example = "sku",
    };

    public static readonly Key<IReadOnlyList<Placed<string>>> TableColumns = new(
        "columns", new SeveralShape<string>(Text, mayBeEmpty: false), "With `as: lookup_table`: the other columns. A row's other values in their order, or its properties of these names.")
    {
        Without = "no table",
        Example = "[name, price]",
    };

    public static readonly Key<IReadOnlyList<BlockReader>> Jql = new(
        "jql", new BlockListShape(new BlockShape(JqlName, Script, Schedule, As, Attributes, Table, TableKey, TableColumns)), "Fetches what scripts of JQL come to, one query each.")
    {
        Without = "none are run",
    };

    public static readonly Key<BlockReader> Pull = new(
        "pull", new BlockShape(Cohorts, Events, Profiles, Jql), "What is fetched from Mixpanel, and when.")
    {
        Without = "nothing is fetched",
    };

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex NameForm();
}
