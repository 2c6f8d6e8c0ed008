using System.Net;
using Sluice.Server.Hosting;

namespace Sluice.Configuration;

/// <summary>The block <c>server</c>.</summary>
public sealed record ServerSettings
{
    /// <summary>Where the process listens. Default: <c>http://127.0.0.1:8080</c>.</summary>
    public required IReadOnlyList<ListenAddress> Urls { get; init; }

    /// <summary>Full path of the folder of the embedded store and of local files. Default: <c>data</c> beside the config file.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where Mixpanel and Brevo reach this Sluice from outside, without a trailing slash in its path. Default: null, they cannot.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Encrypts stored secrets and keys tombstones. Null (SQLite only): generated into <see cref="DataDirectory"/>.</summary>
    public Secret? MasterKey { get; init; }

    /// <summary>Certificate for https addresses. Default: null, then no address is https.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Proxies whose <c>X-Forwarded-*</c> headers are believed. Default: empty, none is.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Largest request body in bytes, after decompression. Default: 33,554,432 (32MB).</summary>
    public required long MaxBodyBytes { get; init; }
}

/// <summary>The block <c>server.tls</c>; both files were readable and belonged together when the config was read.</summary>
/// <param name="CertificateFile">Full path of the certificate chain in PEM.</param>
/// <param name="KeyFile">Full path of its private key in PEM, unencrypted.</param>
public sealed record TlsSettings(string CertificateFile, string KeyFile);
