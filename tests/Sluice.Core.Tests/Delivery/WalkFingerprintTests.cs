using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Tests.Delivery;

public sealed class WalkFingerprintTests
{
    private static readonly ListRule Rule = new(16, ListMode.Mirror, false, ["901", "902"], [], 0.5);
    private static readonly Dictionary<string, long> Bases = new() { ["901"] = 1, ["902"] = 2, ["903"] = 3 };

    [Fact]
    public void It_changes_with_what_the_list_is_made_of()
    {
        var first = WalkStep.Fingerprint(Rule, Bases, 1);
        Assert.NotEqual(first, WalkStep.Fingerprint(Rule with { Mode = ListMode.Add }, Bases, 1));
        Assert.NotEqual(first, WalkStep.Fingerprint(Rule with { AllUsers = true }, Bases, 1));
        Assert.NotEqual(first, WalkStep.Fingerprint(Rule with { Cohorts = ["901"] }, Bases, 1));
        Assert.NotEqual(first, WalkStep.Fingerprint(Rule, new Dictionary<string, long>(Bases) { ["902"] = 4 }, 1));
        Assert.NotEqual(first, WalkStep.Fingerprint(Rule, Bases, 2));
    }

    [Fact]
    public void It_stays_with_what_does_not_matter()
    {
        var first = WalkStep.Fingerprint(Rule, Bases, 1);
        Assert.Equal(first, WalkStep.Fingerprint(Rule with { Cohorts = ["902", "901"] }, Bases, 1));
        Assert.Equal(first, WalkStep.Fingerprint(Rule, new Dictionary<string, long>(Bases) { ["903"] = 9 }, 1));
        Assert.Equal(first, WalkStep.Fingerprint(Rule with { MaxRemoval = 1 }, Bases, 1));
    }
}
