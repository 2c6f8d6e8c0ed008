using Sluice.Simulators.Brevo.Companies;
using Sluice.Simulators.Brevo.Orders;

namespace Sluice.Simulators.Brevo;

/// <summary>Everything the account holds. Callers hold <see cref="Gate"/>; nothing under it waits.</summary>
internal sealed class BrevoAccount : IDisposable
{
    private readonly ContactWriter _writer;

    public BrevoAccount(BrevoSimulatorOptions options)
    {
        Options = options;
        Schedule = new SimSchedule(options.Clock, Gate);
        Http = new OutgoingHttp(this);
        _writer = new ContactWriter(this);
        Reset();
    }

    public Lock Gate { get; } = new();

    public BrevoSimulatorOptions Options { get; }

    public SimSchedule Schedule { get; }

    public OutgoingHttp Http { get; }

    public HeldAnswers Held { get; } = new();

    public FileShelf Files { get; } = new();

    public ContactWriter Writer => _writer;

    public ContactBook Contacts { get; private set; } = null!;

    public AttributeCatalog Attributes { get; private set; } = null!;

    public ContactLists Lists { get; private set; } = null!;

    public ProcessBoard Processes { get; private set; } = null!;

    public EventStore Events { get; private set; } = null!;

    public CompanyBook Companies { get; private set; } = null!;

    public OrderBook Orders { get; private set; } = null!;

    public bool IsEcommerceActive { get; set; }

    public BlockedContacts Blocked { get; private set; } = null!;

    public WebhookBook Webhooks { get; private set; } = null!;

    public DateTimeOffset Now => Options.Clock.GetUtcNow();

    /// <summary>Back to a new account: one folder, no list, no contact, nothing pending.</summary>
    public void Reset()
    {
        lock (Gate)
        {
            Schedule.Clear();
            Files.Clear();
            Contacts = new ContactBook();
            Attributes = new AttributeCatalog(Options.NameAttributes.First, Options.NameAttributes.Last);
            Lists = new ContactLists();
            Lists.AddFolder("Your first folder");
            Processes = new ProcessBoard(this);
            Events = new EventStore();
            Companies = new CompanyBook();
            Orders = new OrderBook();
            IsEcommerceActive = Options.IsEcommerceActive;
            Blocked = new BlockedContacts();
            Webhooks = new WebhookBook(this);
        }
    }

    public void Dispose()
    {
        Schedule.Dispose();
        Http.Dispose();
    }
}
