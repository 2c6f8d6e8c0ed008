using Sluice.Server.Hosting;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Ports for a server that takes no request.</summary>
internal static class FakeServices
{
    public static ServerServices Make(MeterCapture meters) => new()
    {
        Projects = new RecordingDirectory(null!),
        Cohorts = new FakeCohortIntake(),
        Events = new FakeEvents(),
        Profiles = new FakeProfiles(),
        Lookups = new FakeLookups(),
        RefusedRecords = new FakeRefused(),
        IntakeCounts = new FakeCounts(),
        AddressKey = "a key for addresses"u8.ToArray(),
        Readiness = new FakeReadiness(),
        TimeProvider = new VirtualTime(),
        LoggerFactory = new LogCapture(),
        Meters = meters,
    };
}
