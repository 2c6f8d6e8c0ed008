using Sluice.Configuration;
using Sluice.Core.Doctor;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;

namespace Sluice.Commands.Doctor;

/// <summary>
/// Whether the ingestion API knows the project's token, where something is passed on. Updates of profiles are opened by the token alone, and one that is unknown, or
/// known in another residency, is answered with success. <c>/import</c> says it; it is sent an empty list, which stores nothing.
/// </summary>
internal static class IngestionChecks
{
    public static async Task RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        if (context.Project.Mixpanel is not { Enabled: true, ProjectToken: { } token } mixpanel || Forwarding.ScopeOf(context.Project).IsNothing)
        {
            return;
        }

        if (!context.MayCall)
        {
            context.Add(FindingCatalogue.Unchecked, "Mixpanel's ingestion was not asked for the token: its budget is kept in the store, which cannot be opened.");
            return;
        }

        var options = new MixpanelClientOptions
        {
            Credentials = MixpanelCredentials.ProjectToken(token), Hosts = MixpanelAccess.HostsOf(mixpanel), Timeout = DoctorContext.CallLimit, TimeProvider = context.Time,
        };
        var gate = context.Store is { } store ? new MixpanelBudgets(store.PermitBooks, MixpanelAccess.AccountsOf(mixpanel), context.Time).For(MixpanelCaller.Person(TimeSpan.Zero)) : null;
        try
        {
            if (await KnowsAsync(context, options, gate, cancellationToken) == false)
            {
                await FindResidencyAsync(context, mixpanel, options, gate, cancellationToken);
            }
        }
        catch (MixpanelBudgetException e)
        {
            context.Add(FindingCatalogue.Unchecked, $"Mixpanel's ingestion was not asked for the token: {e.Message}");
        }
        catch (Core.Delivery.StoreUnavailableException e)
        {
            context.Add(FindingCatalogue.Unchecked, $"Mixpanel's ingestion was not asked for the token: {e.Message}");
        }
    }

    private static async Task FindResidencyAsync(
        DoctorContext context, MixpanelConnectorSettings mixpanel, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        // What is called instead of Mixpanel's own hosts has no neighbours.
        var others = mixpanel.Endpoints.Ingestion is null ? Enum.GetValues<DataResidency>().Where(r => r != mixpanel.DataResidency) : [];
        foreach (var other in others)
        {
            var hosts = MixpanelHosts.Of(MixpanelAccess.ResidencyOf(other));
            if (await KnowsAsync(context, options with { Hosts = hosts }, gate, cancellationToken) == true)
            {
                context.Add(
                    FindingCatalogue.SourceResidency,
                    $"{options.Hosts.Ingestion.Authority} does not know project_token, and {hosts.Ingestion.Authority} does: data_residency is "
                    + $"{mixpanel.DataResidency.ToString().ToUpperInvariant()} and should be {other.ToString().ToUpperInvariant()}.");
                return;
            }
        }

        context.Add(FindingCatalogue.SourceToken, $"{options.Hosts.Ingestion.Authority} answers 401 to project_token.");
    }

    /// <returns>Null when the answer does not say. Whether the host answers is another check's to say.</returns>
    private static async Task<bool?> KnowsAsync(DoctorContext context, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        try
        {
            await new MixpanelIngestionClient(context.Http, options, gate).ImportAsync(new MixpanelBatch(), cancellationToken);
            return true;
        }
        catch (MixpanelException e)
        {
            return e.Kind switch
            {
                MixpanelFailureKind.Unauthorized => false,
                MixpanelFailureKind.Refused => true,
                _ => null,
            };
        }
    }
}
