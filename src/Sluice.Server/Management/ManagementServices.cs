using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Management;

namespace Sluice.Server.Management;

/// <summary>What the management API works with.</summary>
public sealed record ManagementServices
{
    public required KeyDesk Keys { get; init; }

    public required IConnectorDesk Connectors { get; init; }

    public required IBudgetDesk Budgets { get; init; }

    public required IListSyncs Syncs { get; init; }

    public required IUserGroups Groups { get; init; }

    public required IPersonalData People { get; init; }

    public required IRecordPages Records { get; init; }

    public required IDeadLetters DeadLetters { get; init; }

    public required ISuppressions Suppressions { get; init; }

    public required IIntakeCounts IntakeCounts { get; init; }

    public required IRepeats Repeats { get; init; }

    /// <summary>A project's mappings, by its id.</summary>
    public required Func<string, ProjectMappings> Mappings { get; init; }

    public required TimeProvider TimeProvider { get; init; }
}
