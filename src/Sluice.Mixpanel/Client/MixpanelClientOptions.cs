using System.Net;

namespace Sluice.Mixpanel.Client;

/// <summary>How a client calls Mixpanel.</summary>
public sealed record MixpanelClientOptions
{
    /// <summary>What opens the calls; <c>/engage</c> and <c>/groups</c> of the ingestion API are opened by the token in each record.</summary>
    public required MixpanelCredentials Credentials { get; init; }

    /// <summary>Where the project is.</summary>
    public required MixpanelHosts Hosts { get; init; }

    /// <summary>The data view that queries are about, in digits; needed only for projects with data views.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>The name that the client gives itself.</summary>
    public string UserAgent { get; init; } = "Sluice.Mixpanel/" + (typeof(MixpanelClientOptions).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>How long one call of the ingestion or the app API may take, to the last byte of the answer.</summary>
    /// <value>Default 60 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for the replacement of a lookup table, which can have 100 MB.</summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a query may take; for rows that are streamed, until the answer begins. Mixpanel lets a script run for 2 minutes.</summary>
    /// <value>Default 3 minutes.</value>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long it may take until a raw export begins.</summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan ExportTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a stream that has begun may stand still.</summary>
    /// <value>Default 2 minutes.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The largest answer that is read into memory; streams have no limit.</summary>
    /// <value>Default 64 MB.</value>
    public int MaxAnswerBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Drives the deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Makes the recommended handler for the <see cref="HttpClient"/>: it follows no redirects, keeps no cookies, and renews connections every 5 minutes
    /// so that changes of DNS are seen. The clients unpack compressed answers themselves.
    /// </summary>
    /// <returns>A new handler.</returns>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(15),
    };

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Credentials);
        ArgumentNullException.ThrowIfNull(Hosts);
        ArgumentException.ThrowIfNullOrWhiteSpace(UserAgent);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerBytes, 1024);
        foreach (var limit in (TimeSpan[])[Timeout, LookupTimeout, QueryTimeout, ExportTimeout, IdleTimeout])
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        }

        Hosts.Validate();
    }
}
