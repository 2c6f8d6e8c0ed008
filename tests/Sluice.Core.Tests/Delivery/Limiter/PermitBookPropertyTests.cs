using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Core.Tests.Delivery.Limiter;

public sealed class PermitBookPropertyTests
{
    [Fact]
    public void No_window_at_the_receiver_ever_holds_more_than_its_limit() =>
        Check(seed =>
        {
            var scenario = new LimiterScenario(seed, withReadings: false);
            scenario.Run(steps: 1500);

            Assert.True(scenario.Receiver.Total > 50);
            Assert.All(scenario.Windows, window => Assert.InRange(scenario.Receiver.Fullest(window.Length), 1, window.Limit));
        });

    [Fact]
    public void Readings_of_our_own_calls_never_hold_us_back() =>
        Check(seed =>
        {
            var without = new LimiterScenario(seed, withReadings: false);
            var with = new LimiterScenario(seed, withReadings: true);
            without.Run(steps: 300);
            with.Run(steps: 300);

            Assert.Equal(without.Grants, with.Grants);
        });

    [Fact]
    public void The_stored_form_stays_small() =>
        Check(seed =>
        {
            var scenario = new LimiterScenario(seed, withReadings: false);
            scenario.Run(steps: 500);

            Assert.InRange(scenario.LargestBytes, 1, 4096);
        });

    private static void Check(Action<int> body) =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int>().ToArbitrary(), body).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(1_000_000));
}
