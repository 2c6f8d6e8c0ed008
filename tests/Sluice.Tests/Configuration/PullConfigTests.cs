using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

public sealed class PullConfigTests
{
    private const string Connector = "connectors: { mixpanel: { project_secret: s } }\n";

    [Fact]
    public void Every_key_can_be_set()
    {
        var pull = Given.Project(Connector + """
            pull:
              cohorts: { schedule: every 6h, include: [7700123, "At risk"], properties: [$email, plan] }
              events: { schedule: daily 03:00, from: 2026-01-01, overlap: 2d, events: [Purchase, "Sign up"], time: project_time_zone }
              profiles: { schedule: weekly mon 03:00, where: 'defined(properties["$email"])', properties: plan }
              jql:
                - { name: spenders, script: spenders.js, schedule: '*/30 * * * *', as: user_group }
                - { name: totals, script: spenders.js, schedule: 0 3 * * 1-5, as: attributes, attributes: [purchases, revenue] }
                - { name: goods, script: spenders.js, schedule: every 6h, as: lookup_table, table: products, key: sku, columns: [title, price] }
            """).Pull!;
        Assert.Equal(["7700123", "At risk"], pull.Cohorts!.Include!);
        Assert.Equal(["$email", "plan"], pull.Cohorts.Properties!);
        Assert.Equal(At("2026-01-05T18:00:00Z"), pull.Cohorts.Schedule.NextAfter(At("2026-01-05T12:00:00Z"), TimeZoneInfo.Utc));
        Assert.Equal((new DateOnly(2026, 1, 1), 2), (pull.Events!.From, pull.Events.OverlapDays));
        Assert.Equal(["Purchase", "Sign up"], pull.Events.Names);
        Assert.True(pull.Events.IsTimeShifted);
        Assert.Equal(("defined(properties[\"$email\"])", "plan"), (pull.Profiles!.Where, Assert.Single(pull.Profiles.Properties!)));
        var table = pull.Jql[2].Table!;
        Assert.Equal(("products", "sku", "title,price"), (table.Table, table.Key, string.Join(',', table.Columns)));
        Assert.All(pull.Jql.Take(2), j => Assert.Null(j.Table));
        Assert.Equal([("spenders", null), ("totals", "purchases,revenue"), ("goods", null)], pull.Jql.Select(j => (j.Name, j.Attributes is { } a ? string.Join(',', a) : null)));
        Assert.All(pull.Jql, j => Assert.Equal(Path.Combine(Given.Folder, "spenders.js"), j.ScriptFile));
    }

    [Fact]
    public void Without_more_than_a_schedule_everything_has_its_default()
    {
        var pull = Given.Project(Connector + """
            pull:
              cohorts: { schedule: every 6h }
              events: { schedule: every 1d, from: 2026-01-01 }
              profiles: { schedule: every 1d }
            """).Pull!;
        Assert.Null(pull.Cohorts!.Include);
        Assert.Same(PullSettings.Mapped, pull.Cohorts.Properties);
        Assert.Equal(5, pull.Events!.OverlapDays);
        Assert.Empty(pull.Events.Names);
        Assert.False(pull.Events.IsTimeShifted);
        Assert.Equal((null, null), (pull.Profiles!.Where, pull.Profiles.Properties));
        Assert.Empty(pull.Jql);
        Assert.Null(Given.Project(Connector).Pull);
    }

    [Fact]
    public void All_stands_for_everything_there_is()
    {
        var pull = Given.Project(Connector + "pull: { cohorts: { schedule: every 6h, include: all, properties: all }, profiles: { schedule: every 6h, properties: all } }").Pull!;
        Assert.Equal((null, null, null), (pull.Cohorts!.Include, pull.Cohorts.Properties, pull.Profiles!.Properties));
    }

    [Theory]
    [InlineData("cohorts: {}", "pull.cohorts.schedule — is required")]
    [InlineData("cohorts: { schedule: hourly }", "pull.cohorts.schedule — 'hourly' is not a schedule; accepted: every and a number")]
    [InlineData("cohorts: { schedule: 0 0 30 2 * }", "pull.cohorts.schedule — '0 0 30 2 *' names a day that never comes")]
    [InlineData("events: { schedule: every 1d }", "pull.events.from — is required; accepted: a day as YYYY-MM-DD")]
    [InlineData("events: { schedule: every 1d, from: 2026-02-30 }", "pull.events.from — '2026-02-30' is not a day")]
    [InlineData("events: { schedule: every 1d, from: 2026-01-01, overlap: 0d }", "pull.events.overlap — '0d' is out of range; accepted: a number of days from 1d to 60d")]
    [InlineData("events: { schedule: every 1d, from: 2026-01-01, overlap: 5 }", "pull.events.overlap — '5' is not a number of days")]
    [InlineData("events: { schedule: every 1d, from: 2026-01-01, time: local }", "pull.events.time — 'local' is not one of the choices; accepted: utc or project_time_zone")]
    [InlineData("jql: [ { name: a, schedule: every 1d, as: user_group } ]", "pull.jql[0].script — is required; accepted: the path of a file with the script")]
    [InlineData("jql: [ { name: a b, script: not-there.js, schedule: every 1d, as: user_group } ]", "pull.jql[0].name — 'a b' does not have the right form")]
    [InlineData("jql: [ { name: a, script: not-there.js, schedule: every 1d, as: attributes } ]", "pull.jql[0].attributes — is required with as: attributes")]
    [InlineData("jql: [ { name: a, script: not-there.js, schedule: every 1d, as: user_group, attributes: x } ]", "pull.jql[0].attributes — is set beside as: user_group")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: lookup_table, key: k, columns: c } ]", "pull.jql[0].table — is required with as: lookup_table")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: lookup_table, table: t, columns: c } ]", "pull.jql[0].key — is required with as: lookup_table")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: lookup_table, table: t, key: k } ]", "pull.jql[0].columns — is required with as: lookup_table")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: user_group, table: t } ]", "pull.jql[0].table — is set beside as: user_group")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: lookup_table, table: t, key: k, columns: c }, { name: b, script: n.js, schedule: every 1d, as: lookup_table, table: t, key: k, columns: c } ]", "pull.jql[1].table — is filled by two scripts: 't'")]
    [InlineData("jql: [ { name: a, script: n.js, schedule: every 1d, as: user_group }, { name: A, script: n.js, schedule: every 1d, as: user_group } ]", "pull.jql[1].name — is the name of two scripts: 'A'")]
    public void What_is_wrong_is_told(string line, string expected) => Assert.Contains(expected, Given.Findings($"{Connector}pull: {{ {line} }}"), StringComparison.Ordinal);

    [Fact]
    public void Without_credentials_it_is_told_that_nothing_is_fetched() => Assert.Contains(
        "warning: pull — has no effect without credentials for Mixpanel's APIs", Given.Findings("pull: { cohorts: { schedule: every 6h } }"), StringComparison.Ordinal);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
