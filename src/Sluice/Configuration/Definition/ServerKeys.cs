using System.Net;
using Sluice.Configuration.Reading;
using Sluice.Server.Hosting;

namespace Sluice.Configuration.Definition;

internal static class ServerKeys
{
    public static readonly Key<IReadOnlyList<Placed<ListenAddress>>> Urls = new(
        "urls",
        new SeveralShape<ListenAddress>(new ListenAddressShape(), mayBeEmpty: false),
        "Where to listen. An http address that other machines can reach needs `trusted_proxies`; an https address needs `tls`. The hosts `*`, `+`, `0.0.0.0` and `[::]` stand for every interface; no name but `localhost` is taken.")
    {
        DefaultText = DefaultUrl,
        Example = "[ \"http://127.0.0.1:8080\", \"https://0.0.0.0:8443\" ]",
    };

    public static readonly Key<string> Data = new(
        "data",
        new TextShape("path", pattern: null, "a path on one line"),
        "Folder of the embedded store and of local files; created when missing. A relative path starts at the folder of the config file.")
    {
        Default = "./data",
        DefaultText = "./data",
        Example = "/var/lib/sluice",
    };

    public static readonly Key<Uri> PublicUrl = new(
        "public_url",
        new UrlShape(),
        "Where Mixpanel and Brevo reach this Sluice from outside. With it, Sluice registers Brevo's webhooks itself.")
    {
        Example = "https://sluice.example.com",
    };

    public static readonly Key<Secret> MasterKey = new(
        "master_key",
        new SecretShape { EmptyIsMissing = true, UnsetIsMissing = true },
        "Encrypts stored secrets and keys the tombstones of erased people. Required with PostgreSQL; with SQLite it is generated into `data` when missing.")
    {
        Without = "generated (SQLite)",
        Example = "${SLUICE_MASTER_KEY}",
    };

    public static readonly Key<string> Certificate = new(
        "certificate",
        new TextShape("path", pattern: null, "the path of a PEM file with the certificate chain"),
        "PEM file with the certificate chain, the server's own first.")
    {
        IsRequired = true,
        Example = "/etc/sluice/tls.crt",
    };

    public static readonly Key<string> CertificateKey = new(
        "key",
        new TextShape("path", pattern: null, "the path of a PEM file with the certificate's private key"),
        "PEM file with the private key of the certificate, unencrypted.")
    {
        IsRequired = true,
        Example = "/etc/sluice/tls.key",
    };

    public static readonly Key<BlockReader> Tls = new("tls", new BlockShape(Certificate, CertificateKey), "Certificate for the https addresses in `urls`.");

    public static readonly Key<IReadOnlyList<Placed<IPNetwork>>> TrustedProxies = new(
        "trusted_proxies",
        new SeveralShape<IPNetwork>(new NetworkShape(), mayBeEmpty: true),
        "Proxies that end TLS in front of Sluice and whose `X-Forwarded-*` headers are believed.")
    {
        DefaultText = "[]",
        Example = "[ 10.0.0.5, 10.1.0.0/16 ]",
    };

    public static readonly Key<long> MaxBody = new(
        "max_body",
        new SizeShape(1L << 10, 1L << 30, "a size with a unit from 1KB to 1GB, such as 32MB"),
        "Largest request body, after decompression; a larger one is answered 413. From 1KB to 1GB; KB, MB and GB are powers of 1,024.")
    {
        Default = 32L << 20,
        DefaultText = "32MB",
        Example = "64MB",
    };

    public static readonly BlockShape Block = new(
        Urls,
        Data,
        PublicUrl,
        MasterKey,
        Tls,
        TrustedProxies,
        MaxBody,
        UnusedShape.Key("query_budget", "Hourly budget of the query endpoints."));

    public const string DefaultUrl = "http://127.0.0.1:8080";
}
