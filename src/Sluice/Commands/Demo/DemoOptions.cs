namespace Sluice.Commands.Demo;

/// <param name="People">People in the larger cohort.</param>
/// <param name="Interval">Time between two changes.</param>
/// <param name="Duration">How long it goes on; null until it is stopped.</param>
internal sealed record DemoOptions(int People, TimeSpan Interval, TimeSpan? Duration, ulong Seed);
