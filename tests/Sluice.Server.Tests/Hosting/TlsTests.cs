using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sluice.Server.Hosting;
using Sluice.Server.Telemetry;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Hosting;

public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Interval = new ServerOptions().TlsCheckInterval;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pages_are_taken_over_TLS_and_the_certificate_is_the_one_in_the_file()
    {
        var thumbprint = WriteCertificate("one");
        await using var gateway = await StartAsync();

        Assert.StartsWith("listening on https://127.0.0.1:", Assert.Single(gateway.Announced), StringComparison.Ordinal);
        Assert.Equal(thumbprint, await ShownAsync(gateway));
        using var client = Client(thumbprint);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, Gateway.CohortPath)) { Content = new StringContent(Pages.Of("")) };
        request.Headers.Authorization = Gateway.ShopBasic;
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_changed_certificate_is_used_for_new_connections_without_a_restart()
    {
        var first = WriteCertificate("one");
        await using var gateway = await StartAsync();
        Assert.Equal(first, await ShownAsync(gateway));

        var second = WriteCertificate("two");
        Assert.Equal(first, await ShownAsync(gateway));
        gateway.Time.Advance(Interval);

        Assert.Equal(second, await ShownAsync(gateway));
        Assert.Equal(1, gateway.Meters.Sum("sluice.gateway.tls.reloads", ("outcome", "loaded")));
    }

    [Fact]
    public async Task A_symbolic_link_that_points_elsewhere_is_a_change()
    {
        var first = WriteCertificate("one", "a/");
        var second = WriteCertificate("two", "b/");
        Directory.CreateSymbolicLink(_folder.Combine("data"), _folder.Combine("a"));
        File.CreateSymbolicLink(_folder.Combine("certificate.pem"), _folder.Combine("data", "certificate.pem"));
        File.CreateSymbolicLink(_folder.Combine("key.pem"), _folder.Combine("data", "key.pem"));
        await using var gateway = await StartAsync();
        Assert.Equal(first, await ShownAsync(gateway));

        Directory.Delete(_folder.Combine("data"));
        Directory.CreateSymbolicLink(_folder.Combine("data"), _folder.Combine("b"));
        gateway.Time.Advance(Interval);

        Assert.Equal(second, await ShownAsync(gateway));
    }

    [Fact]
    public async Task The_old_certificate_stays_while_the_new_one_does_not_load_and_that_is_said_once()
    {
        var first = WriteCertificate("one");
        await using var gateway = await StartAsync();
        var oldKey = await File.ReadAllTextAsync(_folder.Combine("key.pem"), TestContext.Current.CancellationToken);

        var second = WriteCertificate("two");
        var newKey = await File.ReadAllTextAsync(_folder.Combine("key.pem"), TestContext.Current.CancellationToken);
        _folder.Write("key.pem", oldKey);
        gateway.Time.Advance(3 * Interval);
        Assert.Equal(first, await ShownAsync(gateway));
        Assert.Single(gateway.Logs.Of(1011));

        _folder.Write("certificate.pem", "half a cert");
        gateway.Time.Advance(3 * Interval);
        Assert.Equal(first, await ShownAsync(gateway));
        Assert.Equal(2, gateway.Logs.Of(1011).Count());

        File.Delete(_folder.Combine("key.pem"));
        gateway.Time.Advance(Interval);
        Assert.Equal(first, await ShownAsync(gateway));

        Assert.NotEqual(second, WriteCertificate("three"));
        gateway.Time.Advance(Interval);
        Assert.NotEqual(first, await ShownAsync(gateway));
        Assert.DoesNotContain(gateway.Logs.Lines, line => line.Everything.Contains(newKey[40..80], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_spoken(SslProtocols protocol)
    {
        var thumbprint = WriteCertificate("one");
        await using var gateway = await StartAsync();

        Assert.Equal(thumbprint, await HandshakeAsync(gateway, protocol));
    }

    // The machine's own policy may refuse older versions as well, so a handshake that fails would prove nothing about ours.
    [Fact]
    public void Nothing_older_is_offered_whatever_the_machine_allows()
    {
        WriteCertificate("one");
        using var meters = new MeterCapture();
        using var logs = new LogCapture();
        using var certificate = new TlsCertificate(
            Options(new ServerOptions()).Tls!, Interval, new VirtualTime(), logs.CreateLogger("test"), new GatewayMetrics(meters));

        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, certificate.AuthenticationOptions().EnabledSslProtocols);
    }

    [Fact]
    public void A_certificate_that_has_expired_is_an_error_in_the_log()
    {
        WriteCertificate("one");
        using var meters = new MeterCapture();
        using var logs = new LogCapture();
        var time = new VirtualTime();
        time.Advance(TimeSpan.FromDays(365));

        using var certificate = new TlsCertificate(
            Options(new ServerOptions()).Tls!, Interval, time, logs.CreateLogger("Sluice.Server"), new GatewayMetrics(meters));

        Assert.Equal(LogLevel.Error, Assert.Single(logs.Of(1012)).Level);
    }

    [Fact]
    public async Task Intermediate_certificates_in_the_file_are_sent_along()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(Start, Start.AddYears(3));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleWithoutKey = Authority("CN=middle", middleKey).Create(root, Start, Start.AddYears(2), [1]);
        using var middle = middleWithoutKey.CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256).Create(middle, Start, Start.AddYears(1), [2]);
        _folder.Write("certificate.pem", leaf.ExportCertificatePem() + "\n" + middle.ExportCertificatePem() + "\n");
        _folder.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        await using var gateway = await StartAsync();

        var chain = await ChainAsync(gateway, SslProtocols.None);

        Assert.Equal([leaf.Thumbprint, middle.Thumbprint], chain);
    }

    [Fact]
    public void A_certificate_that_does_not_load_at_the_start_stops_the_start_and_names_the_file()
    {
        var exception = Assert.Throws<TlsCertificateException>(() => ServerHost.Create(Options(new ServerOptions()), Services()));

        Assert.Contains(_folder.Combine("certificate.pem"), exception.Message, StringComparison.Ordinal);
    }

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static ServerServices Services() => FakeServices.Make(new MeterCapture());

    private Task<Gateway> StartAsync() => Gateway.StartAsync(Options);

    private ServerOptions Options(ServerOptions options) => options with
    {
        Urls = ["https://127.0.0.1:0"],
        Tls = new TlsFiles(_folder.Combine("certificate.pem"), _folder.Combine("key.pem")),
    };

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request;
    }

    private string WriteCertificate(string name, string folder = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(Start, Start.AddYears(1));
        _folder.Write(folder + "certificate.pem", certificate.ExportCertificatePem());
        _folder.Write(folder + "key.pem", key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    private static async Task<string> ShownAsync(Gateway gateway) => await HandshakeAsync(gateway, SslProtocols.None);

    private static async Task<string> HandshakeAsync(Gateway gateway, SslProtocols protocols) => (await ChainAsync(gateway, protocols))[0];

    private static async Task<IReadOnlyList<string>> ChainAsync(Gateway gateway, SslProtocols protocols)
    {
        using var limit = new CancellationTokenSource(Eventually.DefaultLimit, TimeProvider.System);
        using var socket = await RawHttp.ConnectAsync(gateway.Url, limit.Token);
        var seen = new List<string>();
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "sluice.test",
                EnabledSslProtocols = protocols,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    seen.Add(certificate!.GetCertHashString());
                    seen.AddRange(chain!.ChainPolicy.ExtraStore.Select(one => one.Thumbprint).Where(one => !seen.Contains(one)));
                    return true;
                },
            },
            limit.Token);
        return seen;
    }

    private static HttpClient Client(string thumbprint) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == thumbprint },
    });
}
