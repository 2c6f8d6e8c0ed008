using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Core.Events;
using Sluice.Server.Ingestion;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class IntakeMonitorTests
{
    private readonly FakeCounts _counts = new();
    private readonly VirtualTime _time = new();

    [Fact]
    public async Task Requests_are_counted_by_way_outcome_and_name_and_handed_over_every_few_seconds()
    {
        await using var gateway = await Gateway.StartAsync();
        await gateway.SendAsync("/import", $"[{Sent.Event("Order", insertId: "a")},{Sent.Event("Order", insertId: "b")},{Sent.Event("Visit")},{Sent.Event(time: null)}]", authorization: Gateway.ShopBasic);
        await gateway.SendAsync("/import", $"[{Sent.Event("Order", insertId: "a")}]", authorization: Gateway.ShopBasic);
        await gateway.SendAsync("/track", $"[{Sent.Event("Old", time: Sent.Now - 864_000, token: Gateway.ShopToken)},{Sent.Event("Who", token: "nobody")}]");
        await gateway.SendAsync("/engage", $$$"""{"$token":"{{{Gateway.ShopToken}}}","$distinct_id":"u-1","$set":{"a":1}}""");
        gateway.Time.Advance(TimeSpan.FromSeconds(5));

        string[] expected =
        [
            " track unknown_token Who: 1", "shop engage accepted $set: 1", "shop import accepted Order: 2", "shop import accepted Visit: 1",
            "shop import duplicate Order: 1", "shop import refused : 1", "shop track accepted Old: 1", "shop track late Old: 1",
        ];
        await Soon.TrueAsync("the counts are handed over", () => gateway.Counts.Lines.Count == expected.Length);
        Assert.Equal(expected, gateway.Counts.Lines);
        Assert.All(gateway.Counts.All, c => Assert.Equal(0, c.Minute.Second));
        Assert.All(gateway.Counts.All.Where(c => c.Outcome == IntakeOutcome.Accepted), c => Assert.True(c.Bytes > 0));
    }

    [Fact]
    public async Task The_last_counts_are_handed_over_when_the_server_stops()
    {
        FakeCounts counts;
        await using (var gateway = await Gateway.StartAsync())
        {
            counts = gateway.Counts;
            await gateway.SendAsync("/import", $"[{Sent.Event()}]", authorization: Gateway.ShopBasic);
        }

        Assert.Equal(["shop import accepted Order: 1"], counts.Lines);
    }

    [Fact]
    public async Task Of_strangers_names_only_so_many_have_a_count_of_their_own()
    {
        var monitor = Monitor();
        for (var i = 0; i < 1_000; i++)
        {
            monitor.Count("shop", "track", IntakeOutcome.Accepted, $"name {i % 500}", 1, 10);
            monitor.Count("blog", "track", IntakeOutcome.Accepted, "Read", 1, 10);
            if (i == 700)
            {
                // What was handed over in this minute counts on.
                await monitor.FlushAsync(TestContext.Current.CancellationToken);
            }
        }

        await monitor.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(IntakeMonitor.NamesPerMinute + 2, _counts.Lines.Count);
        Assert.Contains("shop track accepted (other): 600", _counts.Lines);
        Assert.Contains("blog track accepted Read: 1000", _counts.Lines);
    }

    [Fact]
    public async Task The_next_minute_has_room_for_new_names()
    {
        var monitor = Monitor();
        for (var i = 0; i <= IntakeMonitor.NamesPerMinute; i++)
        {
            monitor.Count("shop", "track", IntakeOutcome.Accepted, $"first {i}", 1, 1);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        monitor.Count("shop", "track", IntakeOutcome.Accepted, "second", 1, 1);
        await monitor.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Contains("shop track accepted (other): 1", _counts.Lines);
        Assert.Contains("shop track accepted second: 1", _counts.Lines);
        Assert.Equal(2, _counts.All.Select(c => c.Minute).Distinct().Count());
    }

    [Fact]
    public async Task What_the_store_does_not_take_is_kept_and_added_to()
    {
        var monitor = Monitor();
        _counts.Before = () => throw new IOException("The disk is full.");
        monitor.Count("shop", "import", IntakeOutcome.Accepted, "Order", 2, 20);
        await Assert.ThrowsAsync<IOException>(() => monitor.FlushAsync(TestContext.Current.CancellationToken));
        monitor.Count("shop", "import", IntakeOutcome.Accepted, "Order", 3, 30);
        _counts.Before = () => Task.CompletedTask;

        await monitor.FlushAsync(TestContext.Current.CancellationToken);

        var count = Assert.Single(_counts.All);
        Assert.Equal((5L, 50L), (count.Records, count.Bytes));
    }

    [Fact]
    public async Task A_store_that_is_away_for_long_does_not_fill_the_memory()
    {
        var monitor = Monitor();
        _counts.Before = () => throw new IOException("The disk is full.");
        for (var minute = 0; minute < 200; minute++)
        {
            for (var i = 0; i < 250; i++)
            {
                monitor.Count("shop", "track", IntakeOutcome.Refused, $"name {i}", 1, 1);
            }

            await Assert.ThrowsAsync<IOException>(() => monitor.FlushAsync(TestContext.Current.CancellationToken));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        _counts.Before = () => Task.CompletedTask;
        await monitor.FlushAsync(TestContext.Current.CancellationToken);

        Assert.InRange(_counts.All.Count, 1_000, 20_000);
    }

    private IntakeMonitor Monitor() => new(_counts, _time, NullLogger<IntakeMonitor>.Instance);
}
