using Sluice.Core.Projects;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Projects;

public sealed class FailureDelayTests
{
    private readonly VirtualTime _time = new();

    [Fact]
    public void Failures_that_do_not_fall_into_one_minute_are_never_slowed_down()
    {
        var delay = new FailureDelay(_time);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(TimeSpan.Zero, delay.Failed("key", "source"));
            _time.Advance(TimeSpan.FromSeconds(13));
        }
    }

    [Fact]
    public void A_minute_without_a_failure_after_the_last_answer_forgets()
    {
        var delay = new FailureDelay(_time);
        for (var i = 0; i < 8; i++)
        {
            delay.Failed("key", "source");
        }

        var last = delay.Failed("key", "source");
        Assert.Equal(TimeSpan.FromSeconds(8), last);
        _time.Advance(last + TimeSpan.FromSeconds(59));
        Assert.Equal(TimeSpan.FromSeconds(16), delay.Failed("key", "source"));
        _time.Advance(TimeSpan.FromSeconds(16) + FailureDelay.Window);
        Assert.Equal(TimeSpan.Zero, delay.Failed("key", "source"));
    }

    [Fact]
    public void It_never_grows_beyond_half_a_minute_however_many_fail()
    {
        var delay = new FailureDelay(_time);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.InRange(delay.Failed("key", "source"), TimeSpan.Zero, FailureDelay.Longest);
        }

        Assert.Equal(FailureDelay.Longest, delay.Failed("key", "source"));
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_the_quietest_pair_is_forgotten_first()
    {
        var delay = new FailureDelay(_time, capacity: 100);
        for (var i = 0; i < 6; i++)
        {
            delay.Failed("loud", "source");
        }

        for (var i = 0; i < 1_000; i++)
        {
            delay.Failed($"key {i}", "source");
            if (i % 50 == 0)
            {
                Assert.True(delay.Failed("loud", "source") > TimeSpan.Zero);
            }
        }

        Assert.Equal(100, delay.Count);
        Assert.Equal(TimeSpan.Zero, delay.Failed("key 0", "source"));
    }

    [Fact]
    public void A_success_is_forgotten_together_with_the_failures_before_it()
    {
        var delay = new FailureDelay(_time);
        for (var i = 0; i < 6; i++)
        {
            delay.Failed("key", "source");
        }

        delay.Succeeded("key", "elsewhere");
        Assert.Equal(1, delay.Count);
        delay.Succeeded("key", "source");

        Assert.Equal(0, delay.Count);
        Assert.Equal(TimeSpan.Zero, delay.Failed("key", "source"));
    }
}
