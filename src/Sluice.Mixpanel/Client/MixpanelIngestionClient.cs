using System.Globalization;

namespace Sluice.Mixpanel.Client;

/// <summary>A client of Mixpanel's ingestion API: events, updates of profiles and of group profiles, lookup tables.</summary>
/// <remarks>
/// It never retries. Records that Mixpanel does not take are a result, everything else that goes wrong a <see cref="MixpanelException"/>.
/// Instances hold no state of their own and may be used by several threads at once.
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/ingestion-api"/>
public sealed class MixpanelIngestionClient
{
    // More than the answer to 2,000 records that all fail.
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private const string LookupTables = "/lookup-tables";

    private readonly MixpanelTransport _transport;
    private readonly MixpanelClientOptions _options;
    private readonly string _base;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">
    /// Makes the requests; it must follow no redirects, and its own time-out must be switched off. Not disposed by this client.
    /// </param>
    /// <param name="options">Whose project, and where.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelIngestionClient(HttpClient http, MixpanelClientOptions options, IMixpanelGate? gate = null)
    {
        _transport = new MixpanelTransport(http, options, gate);
        _options = options;
        _base = MixpanelHosts.Base(options.Hosts.Ingestion);
    }

    /// <summary>Sends events of any age. Each is judged by itself; those that are not named as failed are stored.</summary>
    /// <param name="events">The events; each with a time, a distinct id and an insert id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public async Task<MixpanelRecordsResult> ImportAsync(MixpanelBatch events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var answer = await SendAsync(
            Call("/import", events.Count), HttpMethod.Post, "?strict=1" + Project("&"), withCredentials: true, events.ToJson(), compress: true, cancellationToken).ConfigureAwait(false);
        if (answer.Status is 200 or 400 && IngestionAnswers.Import(answer.Status, answer.Body.Span) is { } result)
        {
            return result;
        }

        throw Failure(answer);
    }

    /// <summary>Sends updates of profiles, which Mixpanel applies in their order.</summary>
    /// <param name="updates">The updates, each with the project's token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public Task<MixpanelRecordsResult> EngageAsync(MixpanelBatch updates, CancellationToken cancellationToken = default) =>
        UpdateAsync("/engage", updates, cancellationToken);

    /// <summary>Sends updates of group profiles, which Mixpanel applies in their order.</summary>
    /// <param name="updates">The updates, each with the project's token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed as a whole.</exception>
    public Task<MixpanelRecordsResult> GroupsAsync(MixpanelBatch updates, CancellationToken cancellationToken = default) =>
        UpdateAsync("/groups", updates, cancellationToken);

    /// <summary>Replaces a lookup table, whole or not at all.</summary>
    /// <param name="table">Mixpanel's id of the table.</param>
    /// <param name="writeCsv">Writes the file: a header, then the rows. What it throws passes through.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="MixpanelException">The call failed.</exception>
    public async Task ReplaceLookupTableAsync(Guid table, Func<Stream, CancellationToken, Task> writeCsv, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writeCsv);
        var answer = await SendAsync(
            Call(LookupTables, records: 0) with { Length = _options.LookupTimeout }, HttpMethod.Put, $"/{table.ToString("D", CultureInfo.InvariantCulture)}{Project("?")}", withCredentials: true,
            () => new IngestionContent("text/csv", writeCsv, compress: true), cancellationToken).ConfigureAwait(false);
        if (answer.Status != 200)
        {
            throw Failure(answer);
        }
    }

    private async Task<MixpanelRecordsResult> UpdateAsync(string path, MixpanelBatch updates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(updates);

        // Which address a person has is said in each update, and never taken from this call. There is no gzip here.
        var answer = await SendAsync(
            Call(path, updates.Count), HttpMethod.Post, "?ip=0&strict=1&verbose=1", withCredentials: false, updates.ToJson(), compress: false, cancellationToken).ConfigureAwait(false);
        if (answer.Status is 200 or 400 && IngestionAnswers.Update(answer.Body.Span) is { } result && (answer.Status == 200 || result.Failed.Count > 0))
        {
            return result;
        }

        throw Failure(answer);
    }

    private MixpanelCall Call(string endpoint, int records) => new(endpoint, MixpanelBudget.Ingestion) { Records = records, Length = _options.Timeout };

    private Task<MixpanelAnswer> SendAsync(
        MixpanelCall call, HttpMethod method, string parameters, bool withCredentials, byte[] json, bool compress, CancellationToken cancellationToken) =>
        SendAsync(
            call with { Bytes = json.Length }, method, parameters, withCredentials,
            () => new IngestionContent("application/json", (stream, token) => stream.WriteAsync(json, token).AsTask(), compress), cancellationToken);

    private string Project(string separator) =>
        _options.Credentials.ProjectId is { } id ? $"{separator}project_id={Uri.EscapeDataString(id)}" : "";

    private Task<MixpanelAnswer> SendAsync(
        MixpanelCall call, HttpMethod method, string parameters, bool withCredentials, Func<HttpContent> content, CancellationToken cancellationToken)
    {
        var request = new MixpanelRequest(call, method, _base + call.Endpoint + parameters, call.Length)
        {
            Content = content, WithCredentials = withCredentials, RefusalsCount = true,
        };
        return _transport.SendAsync(request, MaxAnswerBytes, cancellationToken);
    }

    private static MixpanelException Failure(MixpanelAnswer answer) => MixpanelFailures.Of(MixpanelBudget.Ingestion, answer.Status, answer.Body.Span, answer.RetryAfter);
}
