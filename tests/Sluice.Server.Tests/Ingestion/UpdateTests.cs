using Sluice.Core.Cohorts;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class UpdateTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    public static TheoryData<string, string> Operations => new()
    {
        { """
          "$set":{"plan":"pro","n":1}
          """, "Set plan \"pro\"; Set n 1" },
        { """
          "$set_once":{"first":true}
          """, "SetOnce first true" },
        { """
          "$add":{"logins":-2}
          """, "Add logins -2" },
        { """
          "$append":{"history":"x"}
          """, "Append history \"x\"" },
        { """
          "$union":{"tags":["vip"]}
          """, "Union tags [\"vip\"]" },
        { """
          "$remove":{"tags":"trial"}
          """, "Remove tags \"trial\"" },
        { """
          "$unset":["old"]
          """, "Unset old" },
        { """
          "$delete":""
          """, "Delete" },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Every_operation_is_handed_on(string operation, string expected)
    {
        var answer = await _gateway.SendAsync("/engage", $"[{Update(operation)}]");

        Assert.Equal((200, "1"), (answer.Status, answer.Body));
        Assert.Equal([$"shop Simplified u-1 {Sent.Now * 1000}: {expected}"], _gateway.Profiles.Applied);
    }

    [Theory]
    [InlineData("\"$time\":1793600000,", "1793600000000:")]
    [InlineData("\"$ignore_time\":true,", ":")]
    [InlineData("\"$ignore_alias\":\"true\",", "1793610000000 as-is:")]
    public async Task What_stands_beside_the_operation_is_handed_on(string more, string expected)
    {
        await _gateway.SendAsync("/engage", Update(more + "\"$set\":{\"a\":1}"));

        Assert.Equal([$"shop Simplified u-1 {expected} Set a 1"], _gateway.Profiles.Applied);
    }

    [Fact]
    public async Task Updates_are_applied_in_their_order_and_each_to_the_project_of_its_token()
    {
        var blog = Update("\"$set\":{\"a\":2}").Replace(Gateway.ShopToken, Gateway.BlogToken, StringComparison.Ordinal);
        var nobody = Update("\"$set\":{\"a\":3}").Replace(Gateway.ShopToken, "nobody", StringComparison.Ordinal);
        var answer = await _gateway.SendAsync("/engage?verbose=1", $"[{Update("\"$set\":{\"a\":1}")},{blog},{nobody},{Update("\"$set\":{\"a\":4}")}]");

        Assert.Equal("""{"status":1,"error":""}""", answer.Body);
        Assert.Equal(["shop Simplified u-1 Set a 1", "shop Simplified u-1 Set a 4", "blog Original u-1 Set a 2"], _gateway.Profiles.Applied.Select(a => a.Replace($" {Sent.Now * 1000}:", "", StringComparison.Ordinal)));
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("route", "engage"), ("outcome", "unknown_token")));
    }

    [Fact]
    public async Task Group_updates_name_their_group()
    {
        var answer = await _gateway.SendAsync(
            "/groups/", $$$"""[{"$token":"{{{Gateway.ShopToken}}}","$group_key":"company_id","$group_id":"acme","$set":{"$name":"Acme"}}]""");

        Assert.Equal("1", answer.Body);
        Assert.Equal(["shop company_id=acme: Set $name \"Acme\""], _gateway.Profiles.Applied);
    }

    [Theory]
    [InlineData("/engage")]
    [InlineData("/groups")]
    public async Task Forms_and_gets_are_taken_like_events(string path)
    {
        var update = Update("\"$group_key\":\"k\",\"$group_id\":\"g\",\"$set\":{\"a\":1}");
        Assert.Equal("1", (await _gateway.FormAsync(path, null, ("data", update))).Body);
        Assert.Equal("1", (await _gateway.FormAsync(path, null, ("data", Sent.Base64($"[{update}]")))).Body);
        Assert.Equal("""{"status":1,"error":""}""", (await _gateway.GetAsync($"{path}?verbose=1&data={Uri.EscapeDataString(Sent.Base64(update))}")).Body);
        Assert.Equal(3, _gateway.Profiles.Applied.Count);
    }

    [Theory]
    [InlineData("/engage")]
    [InlineData("/groups")]
    public async Task Compressed_bodies_are_taken(string path)
    {
        var update = Update("\"$group_key\":\"k\",\"$group_id\":\"g\",\"$set\":{\"a\":1}");
        var answer = await _gateway.SendAsync(path + "?verbose=1", update, Sent.Json, encoding: "gzip");

        Assert.Equal((200, """{"status":1,"error":""}"""), (answer.Status, answer.Body));
        Assert.Single(_gateway.Profiles.Applied);
    }

    [Fact]
    public async Task Bad_updates_are_told_and_set_aside_and_hinder_no_other()
    {
        var bad = $$$"""{"$token":"{{{Gateway.ShopToken}}}","$set":{"a":1}}""";
        var answer = await _gateway.SendAsync("/engage?strict=1&verbose=1", $"[{bad},{Update("\"$set\":{\"a\":1}")}]");

        Assert.Equal(200, answer.Status);
        Assert.Contains("\"num_good_events\":1,\"failed_records\":[{\"index\":0,", answer.Body, StringComparison.Ordinal);
        Assert.Single(_gateway.Profiles.Applied);
        Assert.Equal((Gateway.Shop, "engage", bad), _gateway.Refused.Kept.Select(k => (k.Project, k.Origin, k.Record.Payload)).Single());
    }

    [Fact]
    public async Task An_update_that_does_not_fit_what_is_stored_is_told_and_set_aside()
    {
        _gateway.Profiles.Refuse = index => index == 1 ? "The property is no number." : null;
        var answer = await _gateway.SendAsync("/engage?verbose=1", Update("\"$add\":{\"a\":1}"));
        var second = await _gateway.SendAsync("/engage?verbose=1", $"[{Update("\"$add\":{\"a\":1}")},{Update("\"$add\":{\"plan\":7},\"$unset\":[\"x\"]")}]");
        _gateway.Profiles.Refuse = _ => "The property is no number.";
        var all = await _gateway.SendAsync("/engage?verbose=1", Update("\"$add\":{\"a\":1}"));

        Assert.Equal("""{"status":1,"error":""}""", answer.Body);
        Assert.Equal("""{"status":1,"error":""}""", second.Body);
        Assert.Equal("""{"status":0,"error":"The property is no number."}""", all.Body);
        var letter = _gateway.Refused.Kept.First().Record;
        Assert.Equal(("The property is no number.", """{"$distinct_id":"u-1","$add":{"plan":7},"$unset":["x"]}"""), (letter.Detail, letter.Payload));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_applied_is_not_asked_for_again_when_a_letter_cannot_be_kept(bool isBusy)
    {
        _gateway.Profiles.Refuse = index => index == 1 ? "The property is no number." : null;
        _gateway.Refused.Before = () => throw (isBusy ? new IntakeBusyException() : new IOException("The disk is full."));
        var answer = await _gateway.SendAsync("/engage", $"[{Update("\"$add\":{\"a\":1}")},{Update("\"$add\":{\"plan\":7}")}]");

        Assert.Equal((200, "1"), (answer.Status, answer.Body));
        Assert.Single(_gateway.Profiles.Applied);
        Assert.Single(_gateway.Logs.Of(1406));
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("route", "engage"), ("outcome", "refused")));
    }

    [Theory]
    [InlineData("/engage")]
    [InlineData("/groups")]
    public async Task A_busy_or_broken_store_is_503(string path)
    {
        var update = Update("\"$group_key\":\"k\",\"$group_id\":\"g\",\"$set\":{\"a\":1}");
        _gateway.Profiles.Before = () => throw new IntakeBusyException();
        var busy = await _gateway.SendAsync(path, update);
        _gateway.Profiles.Before = () => throw new IOException("The disk is full.");
        var broken = await _gateway.SendAsync(path, update);

        Assert.Equal((503, "10"), (busy.Status, busy.Headers["Retry-After"]));
        Assert.Equal((503, """{"status":"error","error":"It could not be stored; send it again."}"""), (broken.Status, broken.Body));
    }

    private static string Update(string operation) => $$$"""{"$token":"{{{Gateway.ShopToken}}}","$distinct_id":"u-1",{{{operation.Trim()}}}}""";
}
