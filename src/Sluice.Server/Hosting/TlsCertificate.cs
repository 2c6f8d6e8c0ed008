using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Hosting;

/// <summary>The server's certificate, taken anew from its files when they change.</summary>
/// <remarks>
/// The files are read again on a timer and compared by content: their times say nothing where they are symbolic links whose target
/// is exchanged, as secret volumes do it. While what is found does not load (half written, or one file newer than the other) the
/// old certificate stays, and the next look tries again.
/// </remarks>
internal sealed class TlsCertificate : IDisposable
{
    private readonly TlsFiles _files;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly GatewayMetrics _metrics;
    private readonly ITimer _timer;
    private SslStreamCertificateContext _current;
    private byte[] _seen;

    /// <exception cref="TlsCertificateException">The files cannot be read or do not fit together.</exception>
    public TlsCertificate(TlsFiles files, TimeSpan interval, TimeProvider timeProvider, ILogger logger, GatewayMetrics metrics)
    {
        _files = files;
        _timeProvider = timeProvider;
        _logger = logger;
        _metrics = metrics;
        try
        {
            var (certificate, key) = ReadFiles();
            _seen = Fingerprint(certificate, key);
            _current = Load(certificate, key);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            throw new TlsCertificateException(
                $"The certificate \"{files.CertificatePath}\" with the key \"{files.KeyPath}\" does not load: {exception.Message}", exception);
        }

        Announce(_current.TargetCertificate);
        _timer = timeProvider.CreateTimer(_ => Look(), state: null, interval, interval);
    }

    /// <summary>The certificate and its intermediates as new connections get them.</summary>
    public SslStreamCertificateContext Current => Volatile.Read(ref _current);

    /// <summary>What a new connection negotiates with.</summary>
    public SslServerAuthenticationOptions AuthenticationOptions() => new()
    {
        ServerCertificateContext = Current,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = false,
    };

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            var (certificate, key) = ReadFiles();
            var found = Fingerprint(certificate, key);
            if (found.AsSpan().SequenceEqual(_seen))
            {
                return;
            }

            // Remembered before it is loaded: what does not load is reported once and not at every look.
            _seen = found;
            // The one before is left to the garbage collector: handshakes may still be using it.
            Volatile.Write(ref _current, Load(certificate, key));
            _metrics.CertificateReloaded(loaded: true);
            Announce(_current.TargetCertificate);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            _metrics.CertificateReloaded(loaded: false);
            GatewayLog.CertificateKept(_logger, _files.CertificatePath, exception);
        }
    }

    private void Announce(X509Certificate2 certificate)
    {
        var expiry = new DateTimeOffset(certificate.NotAfter).ToUniversalTime();
        if (expiry <= _timeProvider.GetUtcNow())
        {
            GatewayLog.CertificateExpired(_logger, certificate.Subject, expiry);
        }
        else
        {
            GatewayLog.CertificateLoaded(_logger, certificate.Subject, expiry);
        }
    }

    private (byte[] Certificate, byte[] Key) ReadFiles() => (File.ReadAllBytes(_files.CertificatePath), File.ReadAllBytes(_files.KeyPath));

    private static byte[] Fingerprint(byte[] certificate, byte[] key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(certificate));
        hash.AppendData(SHA256.HashData(key));
        return hash.GetHashAndReset();
    }

    private static SslStreamCertificateContext Load(byte[] certificate, byte[] key)
    {
        var pem = System.Text.Encoding.UTF8.GetString(certificate);
        var leaf = X509Certificate2.CreateFromPem(pem, System.Text.Encoding.UTF8.GetString(key));
        if (OperatingSystem.IsWindows())
        {
            // Windows' TLS takes only keys that its own store has seen.
            leaf = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), password: null);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        // Offline: missing intermediates are not fetched, this program calls nobody it was not told to call.
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    private static bool IsUnusable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
