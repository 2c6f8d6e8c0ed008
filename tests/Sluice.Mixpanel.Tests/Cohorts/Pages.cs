using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

/// <summary>Bodies of cohort webhook requests, and short ways to parse them.</summary>
internal static class Pages
{
    public const string Envelope =
        """
        "mixpanel_project_id":"4100200","mixpanel_cohort_id":"7700123","mixpanel_cohort_name":"Dormant 30d",
        "mixpanel_session_id":"0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11"
        """;

    public static CohortWebhookParserOptions Options { get; } = new();

    /// <summary>A page with the usual envelope and these members, written as JSON.</summary>
    public static string WithMembers(params string[] members) =>
        WithParameters($"{Envelope},\"members\":[{string.Join(',', members)}]");

    public static string WithParameters(string parameters) =>
        $$$"""{"action":"members","parameters":{{{{parameters}}}}}""";

    public static CohortWebhookResult Parse(byte[] body, CohortWebhookParserOptions? options = null) =>
        Parse(new MemoryStream(body), options);

    public static CohortWebhookResult Parse(Stream body, CohortWebhookParserOptions? options = null)
    {
        // Every stream of these tests answers at once, so the task is complete and nothing waits here.
        var result = new CohortWebhookParser(options ?? Options).ParseAsync(body, TestContext.Current.CancellationToken).AsTask();
        Assert.True(result.IsCompleted);
        return result.GetAwaiter().GetResult();
    }

    public static CohortWebhookPage ParsePage(string body, CohortWebhookParserOptions? options = null) =>
        Page(Parse(Encoding.UTF8.GetBytes(body), options));

    public static CohortWebhookFailure ParseFailure(string body, CohortWebhookParserOptions? options = null)
    {
        var failure = Assert.IsType<CohortWebhookFailure>(Parse(Encoding.UTF8.GetBytes(body), options));
        Assert.InRange(failure.Message.Length, 1, 300);
        return failure;
    }

    public static CohortWebhookPage Page(CohortWebhookResult result)
    {
        Assert.True(result is CohortWebhookPage, (result as CohortWebhookFailure)?.Message);
        return (CohortWebhookPage)result;
    }

    /// <summary>The properties of the only member of a page.</summary>
    public static string PropertiesOf(string member)
    {
        using var page = ParsePage(WithMembers(member));
        Assert.Empty(page.Rejected);
        return Text(Assert.Single(page.Members).Properties);
    }

    /// <summary>The only member of a page, which must be a rejected one.</summary>
    public static RejectedCohortMember RejectedOf(string member, CohortWebhookParserOptions? options = null) =>
        RejectedOf(Encoding.UTF8.GetBytes(member), options);

    public static RejectedCohortMember RejectedOf(byte[] member, CohortWebhookParserOptions? options = null)
    {
        var head = Encoding.UTF8.GetBytes(WithMembers())[..^3];
        using var page = Page(Parse([.. head, .. member, .. "]}}"u8], options));
        Assert.Empty(page.Members);
        return Assert.Single(page.Rejected);
    }

    public static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
