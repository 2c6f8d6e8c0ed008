using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Webhooks;

public sealed class CohortPageTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task The_page_that_is_stored_says_what_was_sent()
    {
        await _gateway.PostPageAsync(Pages.Of("""{"mixpanel_distinct_id":"u-1","plan":"trial"}""", "add_members", page: 2, total: 3));

        var page = Assert.Single(_gateway.Intake.Applied);
        Assert.Equal(Gateway.Shop, page.Project);
        Assert.Equal("7700123", page.Cohort);
        Assert.Equal("Dormant 30d", page.Name);
        Assert.Equal("no session for 30 days", page.Description);
        Assert.Equal("4100200", page.RemoteProject);
        Assert.Equal("0d5f7c1e-6d0b-4a53-9a5e-6a8f0f4f1b11", page.Session);
        Assert.Equal(CohortAction.AddMembers, page.Action);
        Assert.Equal((2, 3), (page.Page, page.TotalPages));
        Assert.NotEqual(UInt128.Zero, page.Content);
        var member = Assert.Single(page.Members);
        Assert.Equal(PersonKey.Of(Gateway.Shop, "u-1"), member.Key);
        Assert.Equal("u-1", member.DistinctId);
        Assert.Equal("""{"plan":"trial"}""", member.Properties);
        Assert.Null(member.Email);
        Assert.Null(member.Phone);
    }

    [Fact]
    public async Task Members_stand_in_the_order_of_their_keys()
    {
        await _gateway.PostPageAsync(Pages.WithMembers(500));

        var keys = Assert.Single(_gateway.Intake.Applied).Members.Select(member => member.Key).ToList();
        Assert.Equal(500, keys.Count);
        Assert.Equal(keys.Order(), keys);
    }

    [Fact]
    public async Task Of_one_id_sent_twice_the_later_counts()
    {
        await _gateway.PostPageAsync(Pages.Of(
            """{"mixpanel_distinct_id":"u-1","n":1},{"mixpanel_distinct_id":"u-2","n":1},{"mixpanel_distinct_id":"u-1","n":2},{"mixpanel_distinct_id":"u-1","n":3}"""));

        var members = Assert.Single(_gateway.Intake.Applied).Members;
        Assert.Equal(2, members.Count);
        Assert.Equal("""{"n":3}""", members.Single(member => member.DistinctId == "u-1").Properties);
        Assert.Equal("""{"n":1}""", members.Single(member => member.DistinctId == "u-2").Properties);
    }

    [Fact]
    public async Task Usable_addresses_have_keys_that_do_not_depend_on_how_they_were_written()
    {
        await _gateway.PostPageAsync(Pages.Of(
            """{"mixpanel_distinct_id":"u-1","email":"Ana@Example.org","phone_number":"+821055501234"},{"mixpanel_distinct_id":"u-2","email":"not an address"}"""));

        var members = Assert.Single(_gateway.Intake.Applied).Members;
        var usable = members.Single(member => member.DistinctId == "u-1");
        Assert.Equal(PersonKey.Of(Gateway.Shop, "ana@example.org").Value, usable.Email);
        Assert.NotNull(usable.Phone);
        Assert.Null(members.Single(member => member.DistinctId == "u-2").Email);
    }

    [Fact]
    public async Task The_same_id_has_another_key_in_another_project()
    {
        var page = Pages.Of("""{"mixpanel_distinct_id":"u-1"}""");
        await _gateway.PostPageAsync(page);
        await _gateway.PostAsync("/mixpanel/projects/blog/cohorts", page, Gateway.Basic(Gateway.BlogKeys));

        var pages = _gateway.Intake.Applied;
        Assert.Equal([Gateway.Shop, Gateway.Blog], pages.Select(one => one.Project));
        Assert.NotEqual(pages[0].Members[0].Key, pages[1].Members[0].Key);
    }

    [Fact]
    public async Task Bad_members_are_set_aside_and_the_page_is_a_success()
    {
        var answer = await _gateway.PostPageAsync(Pages.Of(
            """null,{"mixpanel_distinct_id":"u-1"},{"email":"no-id@example.org"},{"mixpanel_distinct_id":"u-\u0000"}"""));

        Assert.Equal(200, answer.Status);
        var page = Assert.Single(_gateway.Intake.Applied);
        Assert.Equal("u-1", Assert.Single(page.Members).DistinctId);
        Assert.Equal(
            [(0, "not_an_object", "null"), (2, "no_distinct_id", """{"email":"no-id@example.org"}""")],
            page.Rejected.Take(2).Select(one => (one.Index, one.Reason, one.Payload)));
        Assert.Equal((3, "nul_character"), (page.Rejected[2].Index, page.Rejected[2].Reason));
        Assert.Equal(3, _gateway.Meters.Sum("sluice.cohort.members.rejected"));
    }

    [Fact]
    public async Task A_member_that_is_not_UTF8_is_kept_as_base64_and_the_detail_says_so()
    {
        var body = System.Text.Encoding.Latin1.GetBytes(Pages.Of("""{"mixpanel_distinct_id":"u-1","name":"Andr""" + "\u00e9" + "\"}"));

        await _gateway.SendAsync(HttpMethod.Post, Gateway.CohortPath, new ByteArrayContent(body), Gateway.ShopBasic);

        var rejected = Assert.Single(Assert.Single(_gateway.Intake.Applied).Rejected);
        Assert.Equal("invalid_utf8", rejected.Reason);
        Assert.EndsWith("The payload is kept as base64.", rejected.Detail, StringComparison.Ordinal);
        Assert.Contains((byte)0xe9, Convert.FromBase64String(rejected.Payload));
    }

    [Fact]
    public async Task Equal_members_give_equal_content_whatever_stands_around_them()
    {
        await _gateway.PostPageAsync(Pages.Of("""{"mixpanel_distinct_id":"u-1"}""", page: 1, total: 2));
        await _gateway.PostPageAsync(Pages.Of("""{"mixpanel_distinct_id":"u-1"}""", page: 2, total: 2));
        await _gateway.PostPageAsync(Pages.Of("""{"mixpanel_distinct_id":"u-2"}""", page: 2, total: 2));

        var contents = _gateway.Intake.Applied.Select(page => page.Content).ToList();
        Assert.Equal(contents[0], contents[1]);
        Assert.NotEqual(contents[1], contents[2]);
    }

    [Fact]
    public async Task Another_Mixpanel_project_than_the_configured_one_is_taken_and_warned_about_once()
    {
        Assert.Equal(200, (await _gateway.PostPageAsync(Pages.Of("", remoteProject: "999"))).Status);
        Assert.Equal(200, (await _gateway.PostPageAsync(Pages.Of("", remoteProject: "999"))).Status);
        Assert.Contains("999", Assert.Single(_gateway.Logs.Of(1106)).Text, StringComparison.Ordinal);

        await _gateway.PostPageAsync(Pages.Of("", remoteProject: "4100200"));
        await _gateway.PostPageAsync(Pages.Of("", remoteProject: "999"));

        Assert.Equal(2, _gateway.Logs.Of(1106).Count());
        Assert.Equal(4, _gateway.Intake.Applied.Count);
    }

    [Theory]
    [InlineData(CohortPageEffect.Applied, "applied")]
    [InlineData(CohortPageEffect.Repeated, "repeated")]
    [InlineData(CohortPageEffect.Replaced, "replaced")]
    [InlineData(CohortPageEffect.Overtaken, "overtaken")]
    [InlineData(CohortPageEffect.UnknownCohort, "unknown_cohort")]
    public async Task Every_effect_is_a_success_counted_under_its_name(CohortPageEffect effect, string outcome)
    {
        _gateway.Intake.Answer = (_, _) => Task.FromResult(FakeCohortIntake.Outcome(effect, "Look at this."));

        var answer = await _gateway.PostPageAsync(Pages.Of("", "remove_members"));

        Assert.Equal("""{"action":"remove_members","status":"success"}""", answer.Body);
        Assert.Equal(1, _gateway.Meters.Sum("sluice.cohort.pages", ("action", "remove_members"), ("outcome", outcome)));
        Assert.Contains("Look at this.", Assert.Single(_gateway.Logs.Of(1101)).Text, StringComparison.Ordinal);
    }
}
