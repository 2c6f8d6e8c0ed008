using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>Asks Mixpanel to give out or to delete what it holds of people, and how far it has come. Needs the OAuth token of an owner or admin of the organisation.</summary>
/// <remarks>
/// One call a second, and about five years of days that are still to be looked through in a project; a 429 may then last for hours. It never retries, except once after a 401
/// with a renewed token; asking twice does no harm. Instances hold no state of their own and may be used by several threads at once.
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/gdpr-api"/>
public sealed class MixpanelPersonalDataClient
{
    /// <summary>The most ids of a deletion: one of Mixpanel's pages says 2,000, the other 1,999.</summary>
    public const int MaxDeletedIds = 1_999;

    /// <summary>The most ids of a retrieval.</summary>
    public const int MaxRetrievedIds = 2_000;

    private const string Deletions = "/data-deletions/v3.0/";
    private const string Retrievals = "/data-retrievals/v3.0/";

    private readonly MixpanelTransport _transport;
    private readonly string _root;
    private readonly string _token;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">Makes the requests; it must follow no redirects, and its own time-out must be switched off. Not disposed by this client.</param>
    /// <param name="options">Where, and with which OAuth token: nothing else opens this API.</param>
    /// <param name="projectToken">The project's token, which names the project here; it is no secret.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelPersonalDataClient(HttpClient http, MixpanelClientOptions options, string projectToken, IMixpanelGate? gate = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(projectToken);
        _transport = new MixpanelTransport(http, options, gate);
        if (options.Credentials.Tokens is null)
        {
            throw new ArgumentException("Only an OAuth token opens the API about personal data.", nameof(options));
        }

        _root = MixpanelHosts.Base(options.Hosts.App) + MixpanelHosts.AppPath;
        _token = new Parameters().Add("token", projectToken).ToQuery();
    }

    /// <summary>Asks for the deletion of everything about some people, events and profiles. It takes up to 30 days, and stops nothing new.</summary>
    /// <param name="distinctIds">Their ids, <see cref="MaxDeletedIds"/> at most.</param>
    /// <param name="law">GDPR or CCPA.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The id by which Mixpanel can be asked about it.</returns>
    /// <exception cref="MixpanelException">It is not known to have been taken.</exception>
    public Task<string> DeleteAsync(IReadOnlyList<string> distinctIds, string law = "GDPR", CancellationToken cancellationToken = default) =>
        CreateAsync(Deletions, distinctIds, MaxDeletedIds, law, null, cancellationToken);

    /// <summary>Asks how far a deletion has come.</summary>
    /// <param name="trackingId">Its id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Where it stands.</returns>
    /// <exception cref="MixpanelException">It could not be asked.</exception>
    public Task<MixpanelPersonalDataJob> DeletionAsync(string trackingId, CancellationToken cancellationToken = default) => JobAsync(Deletions, trackingId, cancellationToken);

    /// <summary>Takes a deletion back, which works until it is <see cref="MixpanelPersonalDataJob.Started"/>.</summary>
    /// <param name="trackingId">Its id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is cancelled.</returns>
    /// <exception cref="MixpanelException">It is not known to be cancelled; <see cref="MixpanelFailureKind.AlreadyStarted"/> when it is too late.</exception>
    public Task CancelDeletionAsync(string trackingId, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, Deletions, Segment(trackingId), null, cancellationToken);

    /// <summary>Asks for everything about some people.</summary>
    /// <param name="distinctIds">Their ids, <see cref="MaxRetrievedIds"/> at most.</param>
    /// <param name="law">GDPR or CCPA.</param>
    /// <param name="disclosure">For CCPA: Data, Categories or Sources.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The id by which Mixpanel can be asked about it.</returns>
    /// <exception cref="MixpanelException">It is not known to have been taken.</exception>
    public Task<string> RetrieveAsync(
        IReadOnlyList<string> distinctIds, string law = "GDPR", string? disclosure = null, CancellationToken cancellationToken = default) =>
        CreateAsync(Retrievals, distinctIds, MaxRetrievedIds, law, disclosure, cancellationToken);

    /// <summary>Asks how far a retrieval has come.</summary>
    /// <param name="trackingId">Its id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Where it stands, and in the end where the data are.</returns>
    /// <exception cref="MixpanelException">It could not be asked.</exception>
    public Task<MixpanelPersonalDataJob> RetrievalAsync(string trackingId, CancellationToken cancellationToken = default) => JobAsync(Retrievals, trackingId, cancellationToken);

    private static string Segment(string trackingId)
    {
        ArgumentException.ThrowIfNullOrEmpty(trackingId);
        return Uri.EscapeDataString(trackingId);
    }

    private async Task<string> CreateAsync(
        string endpoint, IReadOnlyList<string> distinctIds, int most, string law, string? disclosure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(distinctIds);
        ArgumentOutOfRangeException.ThrowIfZero(distinctIds.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(distinctIds.Count, most);
        var root = Json.Root(await SendAsync(
            HttpMethod.Post,
            endpoint,
            "",
            body =>
            {
                body.List("distinct_ids", distinctIds);
                body.WriteString("compliance_type", law);
                if (disclosure is not null)
                {
                    body.WriteString("disclosure_type", disclosure);
                }
            },
            cancellationToken).ConfigureAwait(false));

        // Its pages show two shapes of this answer: an object with the id, and a list of what was begun.
        var results = root.Member("results");
        var job = results is { ValueKind: JsonValueKind.Array } ? results.Items().FirstOrDefault() : results ?? default;
        return (job.Text("task_id") ?? job.Text("tracking_id")) is { Length: > 0 } id ? id : throw MixpanelFailures.Unreadable(201, "it names no job.");
    }

    private async Task<MixpanelPersonalDataJob> JobAsync(string endpoint, string trackingId, CancellationToken cancellationToken)
    {
        var root = Json.Root(await SendAsync(HttpMethod.Get, endpoint, Segment(trackingId), null, cancellationToken).ConfigureAwait(false));
        var results = root.Members("results");

        // The link is called result on one page and results on the other.
        var link = results.Text("result") ?? results.Text("results");
        return new MixpanelPersonalDataJob(
            trackingId,
            results.Text("status") ?? throw MixpanelFailures.Unreadable(200, "it tells no status."),
            string.IsNullOrEmpty(link) ? null : link,
            results.Member("distinct_ids").Texts(),
            results.Text("date_requested"));
    }

    private Task<MixpanelAnswer> SendAsync(HttpMethod method, string endpoint, string path, Action<Utf8JsonWriter>? body, CancellationToken cancellationToken)
    {
        var request = new MixpanelRequest(new MixpanelCall(endpoint.TrimEnd('/'), MixpanelBudget.Gdpr), method, _root + endpoint + path + _token, _transport.Options.Timeout)
        {
            Content = body is null ? null : () => JsonBody.Of(body),
        };
        return _transport.ReadAsync(request, cancellationToken);
    }
}
