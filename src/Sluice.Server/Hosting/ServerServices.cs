using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Server.Management;
using Sluice.Core.Reports;

namespace Sluice.Server.Hosting;

/// <summary>What the HTTP side works with. It owns none of it.</summary>
public sealed record ServerServices
{
    public required IProjectDirectory Projects { get; init; }

    public required ICohortIntake Cohorts { get; init; }

    public required IEventIntake Events { get; init; }

    public required IProfileIntake Profiles { get; init; }

    public required ILookupTables Lookups { get; init; }

    /// <summary>Where records go that cannot be stored.</summary>
    public required IRefusedRecords RefusedRecords { get; init; }

    public required IIntakeCounts IntakeCounts { get; init; }

    /// <summary>The key under which addresses become ids; the same on every node, and known to nobody else.</summary>
    public required ReadOnlyMemory<byte> AddressKey { get; init; }

    public required IReadiness Readiness { get; init; }

    /// <summary>Takes requests to erase people and to hand out what is known of them; null where nothing takes them.</summary>
    public ErasureServices? Erasure { get; init; }

    /// <summary>Answers the query API and the raw export; null where nothing does.</summary>
    public IReportSource? Reports { get; init; }

    /// <summary>What the management API works with; null where there is none.</summary>
    public ManagementServices? Management { get; init; }

    /// <summary>One for each destination that calls back; its name is the first segment of its paths.</summary>
    public IReadOnlyList<IDestinationInbox> Inboxes { get; init; } = [];

    public required TimeProvider TimeProvider { get; init; }

    public required ILoggerFactory LoggerFactory { get; init; }

    public required IMeterFactory Meters { get; init; }
}

/// <summary>What the paths of erasure and retrieval work with.</summary>
/// <param name="AcceptsBearer">Tells whether a bearer token, by the project's id, opens them.</param>
public sealed record ErasureServices(IErasures Erasures, PersonalDataFile Data, Func<string, string, bool> AcceptsBearer);
