using System.Text;

namespace Sluice.Client;

/// <summary>Calls a Sluice server's management API for one project. Safe for many threads; make one and keep it.</summary>
/// <remarks>
/// Calls that cannot do harm twice are tried again when they have not arrived or the server is busy: reads, and calls that start work,
/// which carry an idempotency key of this client's making. What is thrown is a <see cref="SluiceException"/>, or the caller's own cancellation.
/// </remarks>
public sealed class SluiceClient : IDisposable
{
    private readonly HttpClient? _owned;

    /// <summary>Makes a client with a connection pool of its own.</summary>
    /// <param name="url">Where Sluice listens, for instance <c>https://sluice.example.com</c>.</param>
    /// <param name="accessKey">The project's access key.</param>
    /// <param name="secretKey">The project's secret key.</param>
    /// <param name="options">How to call; null for the defaults.</param>
    public SluiceClient(Uri url, string accessKey, string secretKey, SluiceClientOptions? options = null)
        : this(url, accessKey, secretKey, options, new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }))
    {
    }

    private SluiceClient(Uri url, string accessKey, string secretKey, SluiceClientOptions? options, HttpClient owned)
        : this(owned, url, accessKey, secretKey, options)
    {
        owned.Timeout = Timeout.InfiniteTimeSpan;
        _owned = owned;
    }

    /// <summary>Makes a client over connections of the caller's, who also disposes of them. Their handler must not follow redirects with credentials.</summary>
    /// <param name="http">The connections. Their time-out counts beside <see cref="SluiceClientOptions.Timeout"/>.</param>
    /// <param name="url">Where Sluice listens.</param>
    /// <param name="accessKey">The project's access key.</param>
    /// <param name="secretKey">The project's secret key.</param>
    /// <param name="options">How to call; null for the defaults.</param>
    public SluiceClient(HttpClient http, Uri url, string accessKey, string secretKey, SluiceClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(url);
        ArgumentException.ThrowIfNullOrEmpty(accessKey);
        ArgumentException.ThrowIfNullOrEmpty(secretKey);
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("The URL is not an absolute http or https URL.", nameof(url));
        }

        options ??= new SluiceClientOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxAttempts, 10, nameof(options));
        var transport = new Transport(http, url, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{accessKey}:{secretKey}")), options);
        Project = new ProjectApi(transport);
        Connectors = new ConnectorsApi(transport, options.BrevoKey);
        UserGroups = new UserGroupsApi(transport);
        Profiles = new ProfilesApi(transport);
        Runs = new RunsApi(transport);
        DeadLetters = new DeadLettersApi(transport);
        Suppressions = new SuppressionsApi(transport);
    }

    /// <summary>The project, its keys, its mappings, its budgets, and what came in.</summary>
    public ProjectApi Project { get; }

    /// <summary>Mixpanel and Brevo, and syncs between them.</summary>
    public ConnectorsApi Connectors { get; }

    /// <summary>Copies of Mixpanel's cohorts.</summary>
    public UserGroupsApi UserGroups { get; }

    /// <summary>People.</summary>
    public ProfilesApi Profiles { get; }

    /// <summary>What was sent, and what became of it.</summary>
    public RunsApi Runs { get; }

    /// <summary>Records that were refused for good.</summary>
    public DeadLettersApi DeadLetters { get; }

    /// <summary>People who must not be contacted.</summary>
    public SuppressionsApi Suppressions { get; }

    /// <summary>Closes the connections that are this client's own.</summary>
    public void Dispose() => _owned?.Dispose();
}
