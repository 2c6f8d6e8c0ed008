using System.Runtime.CompilerServices;

namespace Sluice.Mixpanel.Client;

/// <summary>A client of Mixpanel's raw export: all events of some days, streamed, in memory that does not grow. Needs a service account, an OAuth token or the project's secret.</summary>
/// <remarks>
/// <para>60 calls an hour, 3 a second, 100 at once. There is no cursor and no order, and Mixpanel does not de-duplicate: who wants each event once keys it by event, distinct id,
/// time and insert id.</para>
/// <para>It never retries, except once after a 401 with a renewed OAuth token. Before the first byte a failure is a <see cref="MixpanelException"/>; from there on an
/// <see cref="ExportInterruptedException"/>, which says how much was given. Instances hold no state of their own and may be used by several threads at once.</para>
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/raw-data-export-api"/>
public sealed class MixpanelExportClient
{
    private const string Path = "/export";

    private readonly MixpanelTransport _transport;
    private readonly string _address;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">
    /// Makes the requests, best on <see cref="MixpanelClientOptions.CreateHandler"/>; it must follow no redirects, and its own time-out must be switched off.
    /// Not disposed by this client.
    /// </param>
    /// <param name="options">Whose project, and where.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelExportClient(HttpClient http, MixpanelClientOptions options, IMixpanelGate? gate = null)
    {
        _transport = new MixpanelTransport(http, options, gate);
        _address = MixpanelHosts.Base(options.Hosts.Export) + MixpanelHosts.ExportPath + Path;
    }

    /// <summary>Exports events, window by window. Each window costs one call.</summary>
    /// <param name="request">Which events.</param>
    /// <param name="cancellationToken">Ends the export.</param>
    /// <returns>The records as they come; a batch may be used until the next is asked for.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async IAsyncEnumerable<ExportBatch> ExportAsync(ExportRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Validate();
        var given = 0L;
        foreach (var window in ExportRequest.Windows(request.From, request.To, request.WindowDays))
        {
            if (given >= request.Limit)
            {
                yield break;
            }

            var before = given;
            var exchange = await _transport.StreamAsync(Request(request.ToQuery(window, given)), cancellationToken).ConfigureAwait(false);
            await using (exchange.ConfigureAwait(false))
            {
                var batch = new ExportBatch(window);
                var reader = new ExportReader(exchange, batch);
                while (await FillAsync(reader, batch, before, given, cancellationToken).ConfigureAwait(false))
                {
                    given += batch.Records.Count;
                    yield return batch;
                }
            }
        }
    }

    /// <summary>Makes an export as somebody else asked for it and gives the answer as it comes. Costs one call.</summary>
    /// <param name="query">The parameters of the address; a <c>project_id</c> among them is replaced by that of the credentials.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="MixpanelException">There was no answer.</exception>
    public async Task<MixpanelOpenAnswer> RawAsync(IEnumerable<KeyValuePair<string, string>> query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var parameters = new Parameters();
        foreach (var (name, value) in query.Where(p => p.Key != "project_id"))
        {
            parameters.Add(name, value);
        }

        return new MixpanelOpenAnswer(await _transport.StreamAnyAsync(Request(parameters), cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<bool> FillAsync(ExportReader reader, ExportBatch batch, long before, long given, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.FillAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ExportReader.IncompleteException or MixpanelException { Kind: MixpanelFailureKind.NoAnswer })
        {
            throw new ExportInterruptedException(e.Message, batch.Window, given, given - before, e is MixpanelException ? e : null);
        }
    }

    private MixpanelRequest Request(Parameters parameters)
    {
        var project = new Parameters().Add("project_id", _transport.Options.Credentials.ProjectId).ToQuery();
        var rest = parameters.ToQuery();
        return new MixpanelRequest(
            new MixpanelCall(Path, MixpanelBudget.Export), HttpMethod.Get, _address + (project.Length == 0 || rest.Length == 0 ? project + rest : $"{project}&{rest[1..]}"),
            _transport.Options.ExportTimeout)
        {
            TakesGzip = true, Accept = "text/plain, application/json",
        };
    }
}
