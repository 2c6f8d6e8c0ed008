using Sluice.Core.Delivery.Forwarding;

namespace Sluice.Core.Tests.Delivery.Forwarding;

public sealed class WholeRefusalsTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public void Two_in_a_row_are_bad_records_and_a_third_is_more_than_that()
    {
        var refusals = new WholeRefusals();
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => refusals.IsOfRecord(Begin)));
        Assert.True(refusals.IsLikelySetting);
    }

    [Fact]
    public void What_is_taken_between_them_says_that_it_was_the_records()
    {
        var refusals = new WholeRefusals();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(refusals.IsOfRecord(Begin));
            Assert.True(refusals.IsOfRecord(Begin));
            refusals.Taken();
            Assert.False(refusals.IsLikelySetting);
        }
    }

    [Fact]
    public void After_every_hold_one_becomes_a_letter_so_that_nothing_is_held_up_for_ever()
    {
        var refusals = new WholeRefusals();
        for (var i = 0; i < 3; i++)
        {
            refusals.IsOfRecord(Begin);
        }

        var letters = Enumerable.Range(0, 60).Where(minute => refusals.IsOfRecord(Begin.AddMinutes(minute)));
        Assert.Equal([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55], letters);
    }
}
