using System.Globalization;
using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Doctor;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;

namespace Sluice.Commands.Doctor;

/// <summary>What Mixpanel says to our credentials. Spends one query; two more where it does not know them.</summary>
internal static class MixpanelChecks
{
    private const string Question = "/api/query/cohorts/list";

    public static async Task RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        var oauth = context.Tokens?.Of(context.Project);
        if (oauth is null && context.Project.Mixpanel is { Enabled: true, OAuth: not null })
        {
            context.Add(FindingCatalogue.Unchecked, "Mixpanel's credentials were not tried: the tokens of connectors.mixpanel.oauth are kept in the store, which cannot be opened, or is not there yet.");
            return;
        }

        if (context.Project.Mixpanel is not { Enabled: true } mixpanel || MixpanelAccess.CredentialsOf(mixpanel, oauth) is not { } credentials)
        {
            context.Add(
                FindingCatalogue.SourceNotConnected,
                context.Project.Mixpanel is { Enabled: false } ? "connectors.mixpanel.enabled is false." : "connectors.mixpanel has no service account, OAuth or project secret.");
            return;
        }

        if (!context.MayCall)
        {
            context.Add(FindingCatalogue.Unchecked, "Mixpanel's credentials were not tried: the budget of queries is kept in the store, which cannot be opened.");
            return;
        }

        var options = new MixpanelClientOptions
        {
            Credentials = credentials, Hosts = MixpanelAccess.HostsOf(mixpanel), Timeout = DoctorContext.CallLimit, QueryTimeout = DoctorContext.CallLimit, TimeProvider = context.Time,
        };
        var gate = context.Store is { } store ? new MixpanelBudgets(store.PermitBooks, MixpanelAccess.AccountsOf(mixpanel), context.Time).For(MixpanelCaller.Person(TimeSpan.Zero)) : null;
        try
        {
            if (oauth is not null)
            {
                await oauth.GetAsync(cancellationToken);
            }

            await AskAsync(context, mixpanel, options, gate, cancellationToken);
        }
        catch (MixpanelException e)
        {
            // Only what the token endpoint says comes here.
            context.Add(e.Kind == MixpanelFailureKind.Unauthorized ? FindingCatalogue.SourceCredentials : FindingCatalogue.SourceAnswer, e.Message);
        }
        catch (MixpanelBudgetException e)
        {
            context.Add(FindingCatalogue.SourceBudget, e.Message);
        }
        catch (StoreUnavailableException e)
        {
            context.Add(FindingCatalogue.Unchecked, $"Mixpanel's credentials were not tried: {e.Message}");
        }
    }

    private static async Task AskAsync(DoctorContext context, MixpanelConnectorSettings mixpanel, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        var answer = await StatusAsync(context, options, gate, cancellationToken);
        switch (answer)
        {
            case null:
                // Whether the host answers is another check's to say; this one says what came of the question.
                context.Add(FindingCatalogue.SourceAnswer, $"{options.Hosts.Query.Authority} gave no answer to {Question}.");
                return;
            case 401:
                await FindResidencyAsync(context, mixpanel, options, gate, cancellationToken);
                return;
            case 402:
                context.Add(FindingCatalogue.SourcePlan, $"{options.Hosts.Query.Authority} answers 402.");
                break;
            case 403:
                context.Add(FindingCatalogue.SourceRole, $"{options.Hosts.Query.Authority} answers 403 to {Question}.");
                break;
            case 429:
                context.Add(FindingCatalogue.SourceBudget, $"{options.Hosts.Query.Authority} answers 429: others use up the project's budget.");
                break;
            case 200:
                break;
            default:
                context.Add(FindingCatalogue.SourceAnswer, string.Create(CultureInfo.InvariantCulture, $"{options.Hosts.Query.Authority} answers {answer} to {Question}."));
                break;
        }

        await LookAtAccountAsync(context, mixpanel, options, gate, cancellationToken);
    }

    /// <summary>The credentials are unknown here. Perhaps they are known elsewhere.</summary>
    private static async Task FindResidencyAsync(
        DoctorContext context, MixpanelConnectorSettings mixpanel, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        // What is called instead of Mixpanel's own hosts has no neighbours.
        DataResidency[] others = mixpanel.Endpoints.Query is null ? [.. Enum.GetValues<DataResidency>().Where(r => r != mixpanel.DataResidency)] : [];
        foreach (var other in others)
        {
            var hosts = MixpanelHosts.Of(MixpanelAccess.ResidencyOf(other));
            if (await StatusAsync(context, options with { Hosts = hosts }, gate, cancellationToken) is 200 or 402 or 403)
            {
                var (word, configured) = (other.ToString().ToUpperInvariant(), mixpanel.DataResidency.ToString().ToUpperInvariant());
                context.Add(
                    FindingCatalogue.SourceResidency,
                    $"{options.Hosts.Query.Authority} answers 401 to the configured credentials, and {hosts.Query.Authority} knows them: data_residency is {configured} and should be {word}.");
                return;
            }
        }

        context.Add(FindingCatalogue.SourceCredentials, $"{options.Hosts.Query.Authority} answers 401 to the configured {options.Credentials}{(others.Length > 0 ? ", and so do the hosts of the other residencies" : "")}.");
    }

    /// <summary>Whose account it is, where the credentials can tell. Counts against no budget.</summary>
    private static async Task LookAtAccountAsync(
        DoctorContext context, MixpanelConnectorSettings mixpanel, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        if (options.Credentials.ProjectId is not { } id)
        {
            return;
        }

        MixpanelMe me;
        try
        {
            me = await new MixpanelAppClient(context.Http, options, gate).MeAsync(cancellationToken);
        }
        catch (MixpanelException e)
        {
            context.Add(FindingCatalogue.Unchecked, $"The account's role was not found out: {e.Message}");
            return;
        }

        var project = me.Projects.FirstOrDefault(p => p.Id.ToString(CultureInfo.InvariantCulture) == id);
        if (project is null)
        {
            context.Add(FindingCatalogue.SourceProject, $"The credentials open {me.Projects.Count} projects, and project_id {id} is none of them.");
            return;
        }

        var role = project.Role ?? me.Organizations.FirstOrDefault(o => o.Id == project.OrganizationId)?.Role;
        if (!Forwarding.ScopeOf(context.Project).IsNothing && role is not null && role is not ("owner" or "admin"))
        {
            context.Add(FindingCatalogue.SourceRole, $"{(mixpanel.Forward ? "forward is" : "campaign_events are")} on, and the role of the service account is {role}: Mixpanel takes /import only from an owner or an admin.");
        }
    }

    /// <returns>The status; null when there was no answer.</returns>
    private static async Task<int?> StatusAsync(DoctorContext context, MixpanelClientOptions options, IMixpanelGate? gate, CancellationToken cancellationToken)
    {
        try
        {
            return (await new MixpanelQueryClient(context.Http, options, gate).RawAsync(HttpMethod.Post, Question, [], form: null, cancellationToken)).Status;
        }
        catch (MixpanelException)
        {
            return null;
        }
    }
}
