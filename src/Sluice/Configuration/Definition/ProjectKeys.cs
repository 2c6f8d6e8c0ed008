using System.Text.RegularExpressions;

namespace Sluice.Configuration.Definition;

internal static partial class ProjectKeys
{
    public static readonly Key<string> Id = new(
        "id",
        new TextShape("text", IdForm(), "a letter or digit, then up to 63 letters, digits, _ or -") { IsOftenNumber = true },
        "The `project_id` in URLs. A letter or digit, then up to 63 letters, digits, `_` or `-`; no two projects may differ only in case.")
    {
        Default = "default",
        DefaultText = "default",
        Example = "shop",
    };

    public static readonly Key<Secret> AccessKey = new(
        "access_key",
        new SecretShape
        {
            EmptyIsMissing = true,
            UnsetIsMissing = true,
            Check = text => text.Contains(':', StringComparison.Ordinal) ? "has a colon in it, which HTTP Basic does not allow in a user name" : null,
        },
        "User name of what calls Sluice. Unique among projects, without a colon.")
    {
        Without = "generated, shown once",
        Example = "${SLUICE_ACCESS_KEY}",
    };

    public static readonly Key<Secret> SecretKey = new(
        "secret_key", new SecretShape { EmptyIsMissing = true, UnsetIsMissing = true }, "Password of what calls Sluice.")
    {
        Without = "generated, shown once",
        Example = "${SLUICE_SECRET_KEY}",
    };

    public static readonly Key<TimeZoneInfo> TimeZone = new(
        "timezone", new TimeZoneShape(), "IANA name of a time zone. Calendar days everywhere are days there.")
    {
        Default = TimeZoneInfo.Utc,
        DefaultText = "UTC",
        Example = "Asia/Seoul",
    };

    public static readonly Key<bool> ImportWithToken = new(
        "import_with_token", new BooleanShape(), "Whether the project token alone opens `/import`, as it does at Mixpanel.")
    {
        Default = true,
        DefaultText = "true",
        Example = "false",
    };

    public static readonly BlockShape Block = new(
        Id,
        AccessKey,
        SecretKey,
        TimeZone,
        ImportWithToken);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex IdForm();
}
