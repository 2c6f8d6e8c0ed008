using System.Text.Json;
using System.Text.Unicode;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

/// <summary>Everything that a parser said about a body, as one text that can be compared.</summary>
internal static class Outcome
{
    public static string Describe(CohortWebhookResult result)
    {
        if (result is CohortWebhookFailure failure)
        {
            return $"{failure.Kind} {failure.StatusCode} {failure.Action} {failure.Message}";
        }

        using var page = (CohortWebhookPage)result;
        var head = $"{page.Action} {page.ProjectId} {page.CohortId} {page.CohortName} {page.CohortDescription} {page.SessionId} "
            + $"{page.PageNumber}/{page.TotalPages} {Convert.ToHexString(page.ContentHash.Span)}";
        var members = page.Members.Select(member =>
            $"{member.DistinctId} {member.Email} {member.Phone} {Pages.Text(member.Properties)}");
        var rejected = page.Rejected.Select(member =>
            $"{member.Index} {member.Reason} {member.Detail} {member.DistinctId} {member.Email} {member.Phone} "
            + $"{Pages.Text(member.Payload)} {member.PayloadIsBase64} {member.PayloadIsCut} {member.ReceivedBytes}");
        return string.Join('\n', [head, .. members, "--", .. rejected]);
    }

    /// <summary>Checks what must hold of every page, whatever the body was.</summary>
    public static void MustBeSound(CohortWebhookResult result)
    {
        if (result is CohortWebhookFailure failure)
        {
            Assert.InRange(failure.Message.Length, 1, 300);
            var isTooMuch = failure.Kind is CohortWebhookFailureKind.TooLarge or CohortWebhookFailureKind.TooManyMembers;
            Assert.Equal(isTooMuch ? 413 : 400, failure.StatusCode);
            return;
        }

        var page = (CohortWebhookPage)result;
        Assert.InRange(page.PageNumber, 1, page.TotalPages);
        foreach (var member in page.Members)
        {
            Assert.InRange(member.DistinctIdUtf8.Length, 1, 255);
            Assert.True(Utf8.IsValid(member.DistinctIdUtf8.Span));
            Assert.True(Utf8.IsValid(member.Properties.Span));
            using var properties = JsonDocument.Parse(member.Properties);
            var names = properties.RootElement.EnumerateObject().Select(property => property.Name).ToList();
            Assert.Equal(names.Distinct().Count(), names.Count);
            Assert.DoesNotContain("mixpanel_distinct_id", names);
            Assert.DoesNotContain("$distinct_id", names);
            Assert.DoesNotContain("email", names);
        }

        foreach (var member in page.Rejected)
        {
            Assert.True(Utf8.IsValid(member.Payload.Span));
            Assert.NotEmpty(member.Detail);
        }
    }
}
