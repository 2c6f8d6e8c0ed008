using System.Net;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands;

/// <summary>
/// How people become contacts, for commands that only look. With Brevo's attributes it is exactly the engine's way; when Brevo cannot be
/// asked, or is not to be, only e-mail addresses and phone numbers are looked at.
/// </summary>
internal sealed class BrevoMapping : IDisposable
{
    // Long enough for a budget that is used up this second; a person waits for the answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient? _http;

    private BrevoMapping(HttpClient? http, BrevoDestination? destination, IReadOnlyList<string> missing)
    {
        _http = http;
        Destination = destination;
        MissingAttributes = missing;
    }

    /// <summary>Prepared, and unable to write; null when offline.</summary>
    public BrevoDestination? Destination { get; }

    /// <summary>Attributes that the engine would create first.</summary>
    public IReadOnlyList<string> MissingAttributes { get; }

    /// <summary><c>brevo</c> or <c>offline</c>.</summary>
    public string Name => Destination is null ? "offline" : "brevo";

    public static async Task<BrevoMapping> OpenAsync(ProjectSession session, bool offline, CancellationToken cancellationToken)
    {
        if (offline)
        {
            return new BrevoMapping(null, null, []);
        }

        var reading = new ReadOnlyHandler(session.Host.Http());
        var http = new HttpClient(reading) { Timeout = Timeout.InfiniteTimeSpan };
        if (session.Brevo(http) is not { Destination: var destination })
        {
            http.Dispose();
            return new BrevoMapping(null, null, []);
        }

        using var patience = new CancellationTokenSource(Patience, session.Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await destination.PrepareAsync(either.Token);
            return new BrevoMapping(http, destination, reading.Created);
        }
        catch (Exception e) when (e is DeliveryException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            http.Dispose();
            var reason = e is DeliveryException { Decision: { } decision } ? decision.Detail : "no answer in time";
            session.Console.Tell($"Brevo could not be asked ({reason}): only e-mail addresses and phone numbers are looked at.");
            return new BrevoMapping(null, null, []);
        }
    }

    public MappedContact Map(PersonState person) => Destination?.Map(person) ?? OfflineMapping.Map(person);

    public void Dispose() => _http?.Dispose();

    /// <summary>
    /// Lets nothing through that writes. The creation of an attribute is answered here as Brevo would: from then on people are mapped as
    /// if it were there.
    /// </summary>
    private sealed class ReadOnlyHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private readonly List<string> _created = [];

        public IReadOnlyList<string> Created => _created;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            var path = request.RequestUri!.Segments;
            if (request.Method == HttpMethod.Post && path.Length > 2 && path[^3].Trim('/') == "attributes")
            {
                _created.Add(Uri.UnescapeDataString(path[^1]));
                return new HttpResponseMessage(HttpStatusCode.Created) { Content = new ByteArrayContent([]), RequestMessage = request };
            }

            throw new InvalidOperationException($"A look at Brevo would have written ({request.Method} {request.RequestUri.AbsolutePath}).");
        }
    }
}
