namespace Sluice.Server.Hosting;

/// <summary>How the HTTP side listens and what it lets in. A new instance holds the recommended values.</summary>
public sealed record ServerOptions
{
    private const long Mebibyte = 1024 * 1024;

    /// <summary>Where to listen.</summary>
    /// <value>
    /// <c>http://</c> or <c>https://</c>, then an IP address, <c>localhost</c> or <c>*</c> for every address, then a port; port 0 takes a
    /// free one. https needs <see cref="Tls"/>.
    /// </value>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>The certificate of the https addresses; null without TLS.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>How often the certificate's files are looked at.</summary>
    /// <value>Default 10 seconds.</value>
    public TimeSpan TlsCheckInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Proxies in front of this program, as IP addresses and CIDR ranges.</summary>
    /// <value>
    /// Only their <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed, and only they, beside loopback, may call in plain HTTP.
    /// Default none.
    /// </value>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>The most bytes of a page of a cohort, as sent and after decompression.</summary>
    /// <value>Default 32 MiB.</value>
    public long MaxBodyBytes { get; init; } = 32 * Mebibyte;

    /// <summary>The most bytes of a destination's webhook, as sent and after decompression.</summary>
    /// <value>Default 5 MiB: five hundred events with room to spare.</value>
    public long MaxInboxBodyBytes { get; init; } = 5 * Mebibyte;

    /// <summary>The most bytes of events or updates of profiles in one request, as sent and after decompression.</summary>
    /// <value>Default 10 MiB, Mixpanel's.</value>
    public long MaxIngestionBodyBytes { get; init; } = 10 * Mebibyte;

    /// <summary>The most bytes of a lookup table, as sent and after decompression. It is read in slices, and takes no room as a whole.</summary>
    /// <value>Default 100 MiB, Mixpanel's.</value>
    public long MaxLookupBodyBytes { get; init; } = 100 * Mebibyte;

    /// <summary>How long the body of a lookup table may take to come. Until then no other table is read.</summary>
    /// <value>Default 5 minutes.</value>
    public TimeSpan LookupBodyTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most bytes of all bodies that are worked on at once, from their first byte to their answer; bounds the memory.</summary>
    /// <remarks>
    /// The keys of the one lookup table that is being read stand beside them, and may take as much again: by default a table has at most
    /// 1.8 million rows.
    /// </remarks>
    /// <value>
    /// Default 128 MiB, at least <see cref="MaxBodyBytes"/>. A body counts with its <c>Content-Length</c>; with the most it may have while
    /// its size is not known. One project gets at most half of it (or one largest body), so that it cannot shut out the others.
    /// </value>
    public long BodyBudgetBytes { get; init; } = 128 * Mebibyte;

    /// <summary>How long a body waits for its part of the budget before the caller is asked to come again.</summary>
    /// <value>Default 2 seconds: Mixpanel's own first retries come after about as long.</value>
    public TimeSpan BodyBudgetWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most connections at once; more are closed at once.</summary>
    /// <value>Default 2,000.</value>
    public int MaxConnections { get; init; } = 2_000;

    /// <summary>How fast a body must come after its first five seconds.</summary>
    /// <value>Bytes a second; default 240.</value>
    public double MinBodyBytesPerSecond { get; init; } = 240;

    /// <summary>How long a client may take to send the headers.</summary>
    /// <value>Default 15 seconds.</value>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What <c>Retry-After</c> says when the caller is to come again.</summary>
    /// <value>Whole seconds; default 10.</value>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop waits for the requests that are being worked on.</summary>
    /// <value>Default 30 seconds.</value>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Everything that is wrong with these options, each with the name of its option; empty when all is well.</summary>
    public IReadOnlyList<OptionProblem> Problems() => ServerOptionsRules.Check(this);
}

/// <summary>Something wrong with one option.</summary>
/// <param name="Option">The option's name as in <see cref="ServerOptions"/>.</param>
/// <param name="Message">The value and what is accepted.</param>
public sealed record OptionProblem(string Option, string Message);
