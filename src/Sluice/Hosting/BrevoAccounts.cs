using Microsoft.Extensions.Logging;
using Sluice.Brevo;
using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Destinations.Brevo;
using Sluice.Server.Management;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>
/// Learns whose Brevo account a key opens. An account may have several keys, and what is known of lists and contacts holds for the account: so the keys of the
/// config file are asked about, too, once by each node.
/// </summary>
internal sealed class BrevoAccounts(LiveProjects projects, Store store, HttpClient http, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(10);

    /// <summary>What names the account that a project's key opens, or why that cannot be told.</summary>
    public async Task<(string? Account, ConnectorAnswer? Refusal)> AskAsync(ProjectSettings project, CancellationToken cancellationToken)
    {
        try
        {
            var client = BrevoAccess.Client(Destinations.Settings(project, project.Brevo!), http, store.PermitBooks, Patience, time);
            var account = await client.GetAccountAsync(cancellationToken);
            return (account.OrganizationId ?? account.Email) is { Length: > 0 } id ? (id, null) : (null, Unanswered("Brevo did not say whose account the key opens: try again."));
        }
        catch (BrevoException e) when (e.Kind is BrevoFailureKind.Unauthorized or BrevoFailureKind.UnrecognisedIp or BrevoFailureKind.Forbidden or BrevoFailureKind.UnderValidation)
        {
            return (null, new ConnectorAnswer(
                ConnectorOutcome.Refused, "apiKey",
                e.Kind == BrevoFailureKind.UnrecognisedIp ? "Brevo does not accept calls from this machine's address: authorise it in Brevo's security settings." : $"Brevo did not take the key ({e.Kind})."));
        }
        catch (BrevoException)
        {
            return (null, Unanswered("Brevo gave no answer that says whether the key is right and whose account it opens: try again."));
        }
        catch (DeliveryException e)
        {
            return (null, Unanswered(e.Decision.Detail));
        }
    }

    /// <summary>Remembers the accounts of the file's keys; one that cannot be asked about now is asked about later.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<string> open = [.. projects.Settings.Select(p => p.Id).Where(id => projects.Declared(id).Brevo is not null)];
        while (open.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            foreach (var project in open.ToList())
            {
                try
                {
                    if (await IsLearnedAsync(project, cancellationToken))
                    {
                        open.Remove(project);
                    }
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    NodeLog.AccountNotLearned(logger, project, e.Message, e);
                }
            }

            await Task.WhenAny(Task.Delay(AskAgain, time, cancellationToken));
        }
    }

    private async Task<bool> IsLearnedAsync(string project, CancellationToken cancellationToken)
    {
        // While it is paused nothing goes there, this question included.
        if (projects.Find(project) is not { BrevoPaused: false } settings || (await AskAsync(settings with { Brevo = projects.Declared(project).Brevo }, cancellationToken)).Account is not { } account)
        {
            return false;
        }

        if (await store.Connectors.RememberAccountAsync(project, ConnectorName.Brevo, account, cancellationToken) != account)
        {
            NodeLog.OtherAccount(logger, project);
        }

        return true;
    }

    private static ConnectorAnswer Unanswered(string detail) => new(ConnectorOutcome.Unreachable, null, detail);
}
