namespace Sluice.Brevo;

/// <summary>
/// A client of Brevo's API v3: one method per endpoint, typed in both directions, strict in what it sends and lenient in what it reads.
/// </summary>
/// <remarks>
/// <para><b>It never retries.</b> Before each call it asks the gate (<see cref="IBrevoGate"/>), makes the call within its deadline, and
/// tells the gate what the answer said about the rate limit.
/// Whether, when and how often to repeat is the caller's decision; <see cref="BrevoException"/> holds what is needed for it.</para>
/// <para><b>Failures.</b> Every method throws <see cref="BrevoApiException"/> when Brevo refuses, <see cref="BrevoConnectionException"/>
/// when it cannot be reached or the connection is cut,
/// <see cref="BrevoTimeoutException"/> when the deadline passes, <see cref="BrevoProtocolException"/> when a success cannot be understood
/// (all are <see cref="BrevoException"/>),
/// <see cref="OperationCanceledException"/> when the caller's token is cancelled, and <see cref="ArgumentException"/>, before the gate is
/// asked, for a request that Brevo would have to refuse.</para>
/// <para><b>What is absent is no failure</b> where that is ordinary: reading something that does not exist gives null, deleting it gives
/// false, adding nobody to a list is a result with 0 applied.</para>
/// <para>Instances hold no state of their own and may be used by several threads at once.</para>
/// </remarks>
/// <seealso href="https://developers.brevo.com/docs"/>
public sealed partial class BrevoClient
{
    private readonly BrevoTransport _transport;

    /// <summary>Makes a client for one account.</summary>
    /// <param name="http">
    /// Makes the requests, best on <see cref="CreateHandler"/>, with its own <see cref="HttpClient.Timeout"/> switched off
    /// (<see cref="Timeout.InfiniteTimeSpan"/>), because the options' deadlines
    /// apply. A handler that follows redirects would carry the API key to wherever it is sent. Not disposed by this client.
    /// </param>
    /// <param name="options">The key and everything else.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option is not as described there.</exception>
    public BrevoClient(HttpClient http, BrevoClientOptions options, IBrevoGate? gate = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        _transport = new BrevoTransport(http, options, gate ?? OpenGate.Instance);
    }

    /// <summary>
    /// Makes the recommended handler for the <see cref="HttpClient"/>: it does not follow redirects, keeps no cookies, unpacks compressed
    /// answers, and renews connections every 5 minutes so that changes of DNS are seen.
    /// </summary>
    /// <returns>A new handler.</returns>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = System.Net.DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(15),
    };

    /// <summary>
    /// Reads the account that the key belongs to: the way to check a key. Counted in <see cref="BrevoBucket.Other"/>, so once per
    /// connection rather than once per job.
    /// </summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The account.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-account"/>
    public Task<BrevoAccount> GetAccountAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(BrevoEndpoints.AccountGet, "/account", null, BrevoReadContext.Default.BrevoAccount, cancellationToken);

    // Only an answer in Brevo's own envelope says that the object is absent. An empty or HTML 404 says that the address is wrong.
    private static bool IsAbsence(BrevoApiException e) =>
        e.Kind == BrevoFailureKind.NotFound && (e.Code is not null || e.RemoteMessage is not null);

    private static async Task<T?> OrNullAsync<T>(Task<T> call)
        where T : class
    {
        try
        {
            return await call;
        }
        catch (BrevoApiException e) when (IsAbsence(e))
        {
            return null;
        }
    }

    private static async Task<bool> OrFalseAsync(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (BrevoApiException e) when (IsAbsence(e))
        {
            return false;
        }
    }

    private static async Task<BrevoPage<TItem>> PageAsync<TAnswer, TItem>(Task<TAnswer> call, Func<TAnswer, (IReadOnlyList<TItem>? Items, long? Count)> open)
    {
        var (items, count) = open(await call);
        return new BrevoPage<TItem>(items ?? [], count);
    }

    private async Task<long> CreateAsync(BrevoEndpoint endpoint, string path, BrevoContent content, CancellationToken cancellationToken) =>
        await _transport.SendAsync(
            endpoint,
            path,
            content,
            (status, body) => BrevoTransport.Parse(endpoint, status, body, BrevoReadContext.Default.CreatedAnswer).Id
                ?? throw new BrevoProtocolException(endpoint, status, "it has no id."),
            cancellationToken);

    private async Task<long> StartProcessAsync(BrevoEndpoint endpoint, string path, BrevoContent content, CancellationToken cancellationToken) =>
        await _transport.SendAsync(
            endpoint,
            path,
            content,
            (status, body) => BrevoTransport.Parse(endpoint, status, body, BrevoReadContext.Default.ProcessStartedAnswer).ProcessId
                ?? throw new BrevoProtocolException(endpoint, status, "it has no processId."),
            cancellationToken);
}
