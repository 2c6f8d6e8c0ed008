using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

/// <summary>The expression language, seen from outside: which of a few profiles a <c>where</c> keeps.</summary>
public sealed class ExpressionTests : IAsyncLifetime
{
    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync()
    {
        _mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { QueriesPerHour = 1_000 });
        var desk = _mixpanel.Simulator.Desk(MixpanelHarness.Project);
        desk.SetProfile("a", """{"name":"Ana","age":30,"vip":true,"tags":["x","y"],"seen":"2026-02-01T10:00:00","quote":"say \"hi\"","none":null,"home":{"city":"Lyon","at":{"floor":3}}}""");
        desk.SetProfile("b", """{"name":"Bo","age":"41","vip":false,"tags":["y"],"seen":"2026-03-01T10:00:00"}""");
        desk.SetProfile("c", "{}");
    }

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Theory]
    [InlineData("""properties["name"] == "Ana" """, "a")]
    [InlineData("""user["name"] = "Ana" """, "a")]
    [InlineData("""user["name"] == "ana" """, "")]
    [InlineData("""user["name"] != "Ana" """, "bc")]
    [InlineData("""user["age"] > 29 and user["age"] < 31""", "a")]
    [InlineData("""user["age"] >= 30 or user["vip"] == false""", "ab")]
    [InlineData("""user["age"] >= 30 OR (user["vip"] == false AND user["name"] == "Bo")""", "ab")]
    [InlineData("""number(user["age"]) > 40""", "b")]
    [InlineData("""user["age"] > "29" """, "")]
    [InlineData("""not user["age"] > 29""", "bc")]
    [InlineData("""not "n" in user["name"]""", "bc")]
    [InlineData("""not not "n" in user["name"]""", "a")]
    [InlineData("""user["name"] in ["Bo", "Cy"]""", "b")]
    [InlineData("""user["age"] in [1, 30]""", "a")]
    [InlineData("""not user["name"] in ["Bo"]""", "ac")]
    [InlineData("""user["tags"] in ["x"]""", "")]
    [InlineData(""" "y" in user["tags"]""", "")]
    [InlineData("""any(X, user["tags"], X == "x")""", "a")]
    [InlineData("""all (T, properties["tags"], T == "y")""", "b")]
    [InlineData("""defined (user["name"])""", "ab")]
    [InlineData("""not defined(user["none"])""", "bc")]
    [InlineData("""user["none"] == null""", "a")]
    [InlineData("""user["name"] == undefined""", "c")]
    [InlineData("""boolean(user["vip"])""", "a")]
    [InlineData("""user["vip"] == false""", "b")]
    [InlineData("""string(user["age"]) == "30" """, "a")]
    [InlineData("""string(user["name"], "nobody") == "nobody" """, "c")]
    [InlineData("""has_prefix(user["name"], "AN")""", "a")]
    [InlineData("""has_suffix(user["name"], "o")""", "b")]
    [InlineData("""user["seen"] >= datetime("2026-02-15T00:00:00")""", "b")]
    [InlineData("""user["seen"] < datetime(1771113600)""", "a")]
    [InlineData("""user["age"] + 1 == 31 and user["age"] % 7 == 2 and -user["age"] < 0""", "a")]
    [InlineData("""user["age"] / 0 == undefined""", "abc")]
    [InlineData("""2 + 3 * 4 == 14 and (2 + 3) * 4 == 20""", "abc")]
    [InlineData("""user["name"] + "!" == "Ana!" """, "a")]
    [InlineData("""floor(user["age"] / 7) == 4 and ceil(user["age"] / 7) == 5 and round(2.5) == 3""", "a")]
    [InlineData("""user["quote"] == "say \"hi\"" """, "a")]
    [InlineData("""user["$distinct_id"] == "c" """, "c")]
    [InlineData("""user["home"]["city"] == "Lyon" and properties["home"]["at"]["floor"] == 3""", "a")]
    [InlineData("""defined(user["home"]["street"]) or defined(user["name"]["city"])""", "")]
    public async Task A_where_keeps_what_it_is_true_for(string where, string kept)
    {
        var answer = await _mixpanel.QueryAsync("/engage", "where=" + Uri.EscapeDataString(where));

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal(kept, string.Concat(answer.Json.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("$distinct_id").GetString())));
    }

    [Theory]
    [InlineData("""user["name"] == 'Ana'""")]
    [InlineData("""user[name] == "Ana" """)]
    [InlineData("""name == "Ana" """)]
    [InlineData("""user["name"] == "Ana""")]
    [InlineData("""(user["name"] == "Ana" """)]
    [InlineData("""user["name"] "Ana" """)]
    [InlineData("""user["name"] and true""")]
    [InlineData("""upper(user["name"]) == "ANA" """)]
    [InlineData("""defined(user["a"], user["b"])""")]
    [InlineData("""1.2.3 == 1""")]
    [InlineData("""behaviors["b"] > 0""")]
    [InlineData("""any(X, user["tags"], Y == "x")""")]
    public async Task Anything_else_is_refused(string where)
    {
        var answer = await _mixpanel.QueryAsync("/engage", "where=" + Uri.EscapeDataString(where));

        Assert.True(answer.Status == 400, $"{where}: {answer.Status}");
        Assert.StartsWith("Error in ", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Depth_is_bounded()
    {
        var deep = new string('(', 5_000) + "true" + new string(')', 5_000);
        Assert.Equal(400, (await _mixpanel.QueryAsync("/engage", "where=" + Uri.EscapeDataString(deep))).Status);
    }
}
