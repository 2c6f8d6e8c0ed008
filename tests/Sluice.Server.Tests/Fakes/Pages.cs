using System.Globalization;
using System.Text;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Bodies as Mixpanel sends them.</summary>
internal static class Pages
{
    public static string Of(string members, string action = "members", string remoteProject = "4100200", int page = 1, int total = 1) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""
        {"action":"{{{action}}}","parameters":{"mixpanel_project_id":"{{{remoteProject}}}","mixpanel_cohort_id":"7700123",
        "mixpanel_cohort_name":"Dormant 30d","mixpanel_cohort_description":"no session for 30 days",
        "mixpanel_session_id":"0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11","page_info":{"total_pages":{{{total}}},"page_count":{{{page}}}},
        "members":[{{{members}}}]}}
        """);

    public static string OfSize(int bytes)
    {
        var empty = Encoding.UTF8.GetByteCount(Of(""));
        return Of("") + new string(' ', bytes - empty);
    }

    public static string WithMembers(int count)
    {
        var members = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            members.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture,
                $$"""{"mixpanel_distinct_id":"u-{{i}}","email":"person{{i}}@example.org","first_name":"Ana","phone_number":"+82105550{{i:0000}}","plan":"trial"}""");
        }

        return Of(members.ToString());
    }
}
