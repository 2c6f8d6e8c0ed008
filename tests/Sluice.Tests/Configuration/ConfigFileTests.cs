using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

/// <summary>Finding and reading files.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-config-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("a.yaml", "b.yaml", "a.yaml")]
    [InlineData(null, "b.yaml", "b.yaml")]
    [InlineData("", "b.yaml", "b.yaml")]
    [InlineData(null, null, "sluice.yaml")]
    [InlineData(null, "", "sluice.yaml")]
    public void The_option_comes_before_the_variable_before_the_current_folder(string? option, string? variable, string file) =>
        Assert.Equal(file, ConfigFile.Find(option, name => name == "SLUICE_CONFIG" ? variable : null));

    [Fact]
    public void Relative_paths_start_at_the_folder_of_the_file() =>
        Assert.Equal(In("sub", "data"), Load(Write("sluice.yaml", "server: { data: sub/data }")).Settings!.Server.DataDirectory);

    [Fact]
    public void A_missing_file_is_a_problem() =>
        Assert.Equal($"{In("none.yaml")}: the file does not exist; create it, or name another with --config or SLUICE_CONFIG\n", ConfigReport.ToText(Load(In("none.yaml"))));

    [Fact]
    public void A_folder_is_a_problem() =>
        Assert.Equal($"{_folder.FullName}: the file cannot be read; name a file that the user running Sluice may read\n", ConfigReport.ToText(Load(_folder.FullName)));

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_is_none_is_a_problem(string path) => Assert.Equal("the file cannot be read", Assert.Single(Load(path).Problems).Message);

    [Fact]
    public void A_file_of_one_megabyte_is_read_and_a_larger_one_is_not()
    {
        var start = "server: { data: d }\n# ";
        var largest = Write("largest.yaml", start + new string('x', ConfigLoader.MaxFileBytes - start.Length));
        Assert.Empty(Load(largest).Problems);
        File.AppendAllText(largest, "x");
        Assert.Equal($"{largest}: the file is larger than 1 MB; make it smaller\n", ConfigReport.ToText(Load(largest)));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0x3a, 0x20, 0xff })]
    [InlineData(new byte[] { 0xff, 0xfe, 0x61, 0x00 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void A_file_that_is_not_utf8_is_a_problem(byte[] bytes)
    {
        var file = In("sluice.yaml");
        File.WriteAllBytes(file, bytes);
        Assert.Equal($"{file}: the file is not UTF-8; save it as UTF-8\n", ConfigReport.ToText(Load(file)));
    }

    [Fact]
    public void A_certificate_and_its_key_are_accepted()
    {
        WriteCertificate("tls");
        var server = Load(Write("sluice.yaml", "server: { urls: 'https://0.0.0.0:8443', tls: { certificate: tls.crt, key: tls.key } }")).Settings!.Server;
        Assert.Equal(new TlsSettings(In("tls.crt"), In("tls.key")), server.Tls);
        Assert.True(Assert.Single(server.Urls).IsHttps);
    }

    [Fact]
    public void A_certificate_with_the_key_of_another_is_a_problem()
    {
        WriteCertificate("tls");
        WriteCertificate("other");
        var file = Write("sluice.yaml", "server: { urls: 'https://0.0.0.0:8443', tls: { certificate: tls.crt, key: other.key } }");
        Assert.Equal(
            $"{file}:1:46: server.tls — the two files are not a certificate and its private key; name PEM files that belong together, the key without a pass phrase\n",
            ConfigReport.ToText(Load(file)));
    }

    [Fact]
    public void Files_that_are_no_certificate_are_a_problem_that_does_not_quote_them()
    {
        Write("tls.crt", "hidden");
        Write("tls.key", "hidden");
        var file = Write("sluice.yaml", "server: { urls: 'https://0.0.0.0:8443', tls: { certificate: tls.crt, key: tls.key } }");
        var problem = Assert.Single(Load(file).Problems);
        Assert.Equal("server.tls", problem.Key);
        Assert.DoesNotContain("hidden", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_an_https_address_is_a_warning_and_does_not_open_http_to_other_machines()
    {
        WriteCertificate("tls");
        var file = Write("sluice.yaml", "server: { urls: 'http://0.0.0.0:8080', tls: { certificate: tls.crt, key: tls.key } }");
        var result = Load(file);
        Assert.Equal("'http://0.0.0.0:8080' can be reached from other machines without TLS", Assert.Single(result.Problems).Message);
        Assert.Equal("is set, but no address in server.urls is https", Assert.Single(result.Warnings).Message);
    }

    private static ConfigResult Load(string path) => ConfigLoader.Load(path, Given.Environment());

    private string In(params string[] path) => Path.Combine([_folder.FullName, .. path]);

    private string Write(string name, string text)
    {
        File.WriteAllText(In(name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return In(name);
    }

    private void WriteCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Write($"{name}.crt", certificate.ExportCertificatePem());
        Write($"{name}.key", key.ExportPkcs8PrivateKeyPem());
    }
}
