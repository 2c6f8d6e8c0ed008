using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Ingestion;

/// <summary>What all paths of Mixpanel's clients work with.</summary>
internal sealed record IntakeServices(
    IProjectDirectory Projects,
    IRefusedRecords Refused,
    IntakeTally Tally,
    IntakeGate Gate,
    IntakeBudgets Budgets,
    ServerOptions Options,
    GatewayMetrics Metrics,
    TimeProvider TimeProvider);

/// <summary>The room for bodies: of callers that have shown who they are, and of everybody else.</summary>
/// <remarks>
/// Whose a body is that carries only a token is known when it has been read. Until then it counts for the address that it comes from,
/// in room apart, so that strangers can shut out neither those who have keys nor all other strangers.
/// </remarks>
internal sealed class IntakeBudgets(BodyBudget known, ServerOptions options, TimeProvider timeProvider, GatewayMetrics metrics)
{
    public BodyBudget Known => known;

    public BodyBudget Strangers { get; } = new(
        Math.Max(options.BodyBudgetBytes / 2, options.MaxIngestionBodyBytes),
        Math.Max(options.BodyBudgetBytes / 8, options.MaxIngestionBodyBytes),
        options.BodyBudgetWait,
        timeProvider,
        metrics);
}
