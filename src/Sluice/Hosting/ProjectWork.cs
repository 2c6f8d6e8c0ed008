using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Erasure;
using Sluice.Core.Pull;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>What the work of every project is made with.</summary>
/// <param name="Tokens">Opens Mixpanel where a project has OAuth.</param>
/// <param name="Hooks">Calls the customers' own webhooks.</param>
/// <param name="Owner">Under which name this node holds leases.</param>
internal sealed record NodeParts(
    SluiceSettings Settings, byte[] MasterKey, Store Store, HttpClient Http, MixpanelTokens Tokens, HttpClient Hooks, Scrubber Scrubber, string Owner, ILogger Logger, TimeProvider Time);

/// <summary>What goes on for one project beside the requests: settling, delivery, events, erasure. Made anew when what is connected changes.</summary>
internal sealed class ProjectWork
{
    private readonly SettleLoop _settling;
    private readonly DeliveryLoop? _delivery;
    private readonly List<EventWorker> _events;
    private readonly ErasureWorker _erasure;
    private readonly CompanyWorker? _companies;
    private readonly ForwardWorker? _forwarding;
    private readonly PullWorker? _pull;

    /// <exception cref="StartException">The settings ask for something that cannot be done.</exception>
    public ProjectWork(ProjectSettings project, string webhookToken, NodeParts parts)
    {
        var (store, http, time, owner, logger) = (parts.Store, parts.Http, parts.Time, parts.Owner, parts.Logger);
        var id = project.Id;
        Settings = project;

        // What a person has paused gets nothing but erasures.
        var active = project.Active;
        if (!project.BrevoPaused)
        {
            if (Destinations.Brevo(active, parts.Settings.Server.PublicUrl, webhookToken, store, http, time) is { } brevo)
            {
                _delivery = new DeliveryLoop(target => new DeliveryWorker(
                    target, brevo.Destination, store.Ledger, store.Leases, new WorkerOptions(), time, owner,
                    e => NodeLog.DeliveryInterrupted(logger, id, e.Message, e)), brevo.Target);
            }

            _companies = Destinations.BrevoCompanies(active, store, http, time, owner, e => NodeLog.CompaniesInterrupted(logger, id, e.Message, e));
        }

        _events = [.. Destinations.Webhooks(active, store, parts.Hooks, time, owner, (name, e) => NodeLog.WebhookInterrupted(logger, name, id, e.Message, e))];
        if (!project.BrevoPaused && Destinations.BrevoEvents(
            active, store, http, time, owner, () => _delivery?.Wake(), e => NodeLog.EventsInterrupted(logger, id, e.Message, e)) is { } events)
        {
            _events.Add(events);
        }

        _forwarding = Forwarding.Worker(active, store, http, parts.Tokens, time, owner, e => NodeLog.ForwardingInterrupted(logger, id, e.Message, e));
        _pull = Pulling.Worker(active, store, http, parts.Tokens, time, owner, Taken, Changed, EventsCame, logger);
        _erasure = Erasing.Worker(project, store, http, parts.Scrubber, time, owner, e => NodeLog.ErasureInterrupted(logger, id, e.Message, e));
        _settling = new SettleLoop(
            id, store.Settling, store.Lookups, () => _delivery?.Wake(), time, e => NodeLog.SettlingInterrupted(logger, id, e.Message, e));
    }

    public ProjectSettings Settings { get; }

    /// <summary>Delivers to Brevo's lists; null when nothing does.</summary>
    public DeliveryLoop? Delivery => _delivery;

    /// <summary>A page of the project has been taken.</summary>
    public void Taken() => _settling.Wake();

    /// <summary>People of the project have changed otherwise.</summary>
    public void Changed()
    {
        _delivery?.Wake();
        _forwarding?.Wake();
    }

    /// <summary>Events of the project have come.</summary>
    public void EventsCame()
    {
        _events.ForEach(w => w.Wake());
        _forwarding?.Wake();
    }

    /// <summary>Somebody is to be erased.</summary>
    public void ErasureAsked() => _erasure.Wake();

    /// <summary>Brevo says that a job has ended.</summary>
    public void JobEnded(string token) => _delivery?.JobEnded(token);

    public Task RunAsync(CancellationToken cancellationToken)
    {
        List<Func<CancellationToken, Task>> loops = [_settling.RunAsync, _erasure.RunAsync, .. _events.Select(w => (Func<CancellationToken, Task>)w.RunAsync)];
        if (_delivery is not null)
        {
            loops.Add(_delivery.RunAsync);
        }

        if (_companies is not null)
        {
            loops.Add(_companies.RunAsync);
        }

        if (_forwarding is not null)
        {
            loops.Add(_forwarding.RunAsync);
        }

        if (_pull is not null)
        {
            loops.Add(_pull.RunAsync);
        }

        return Task.WhenAll(loops.Select(loop => Task.Run(() => loop(cancellationToken), CancellationToken.None)).ToList());
    }
}
