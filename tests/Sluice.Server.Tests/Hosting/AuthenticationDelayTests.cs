using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Hosting;

public sealed class AuthenticationDelayTests
{
    [Fact]
    public async Task The_sixth_wrong_answer_waits_a_second_while_right_ones_are_given_at_once()
    {
        await using var gateway = await Gateway.StartAsync();
        var wrong = Gateway.Basic(Gateway.ShopKeys.AccessKey, "wrong");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, (await gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), wrong)).Status);
        }

        var sixth = gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), wrong);
        await Soon.TrueAsync("the sixth answer waits a second", () => gateway.Time.HasTimer(TimeSpan.FromSeconds(1)));
        Assert.Equal(200, (await gateway.PostPageAsync(Pages.Of(""))).Status);
        Assert.False(sixth.IsCompleted);

        gateway.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(401, (await sixth).Status);
        Assert.Equal(6, gateway.Meters.Sum("sluice.gateway.authentication.failures", ("reason", "wrong")));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_answers_that_are_held_back()
    {
        var gateway = await Gateway.StartAsync();
        var wrong = Gateway.Basic(Gateway.ShopKeys.AccessKey, "wrong");
        for (var i = 0; i < 5; i++)
        {
            await gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), wrong);
        }

        var held = gateway.PostAsync(Gateway.CohortPath, Pages.Of(""), wrong);
        await Soon.TrueAsync("the answer is held back", () => gateway.Time.HasTimer(TimeSpan.FromSeconds(1)));

        await gateway.Host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(401, (await held).Status);
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task Strangers_cannot_fill_the_log_or_write_into_it()
    {
        await using var gateway = await Gateway.StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await gateway.PostAsync($"/mixpanel/projects/made-up-{i}/cohorts", "", Gateway.Basic($"key {i}", "wrong"));
        }

        var lines = gateway.Logs.Of(1021).ToList();
        Assert.Equal(30, lines.Count);
        Assert.All(lines, line => Assert.DoesNotContain("made-up", line.Everything, StringComparison.Ordinal));
        Assert.Equal(100, gateway.Meters.Sum("sluice.gateway.authentication.failures"));
    }
}
