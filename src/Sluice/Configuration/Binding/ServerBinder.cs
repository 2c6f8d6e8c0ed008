using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;
using Sluice.Server.Hosting;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>server</c>.</summary>
internal static class ServerBinder
{
    private const int ShortMasterKey = 16;

    public static ServerSettings Bind(BlockReader server, ReadContext context)
    {
        var urls = server.Read(ServerKeys.Urls);
        var proxies = server.Read(ServerKeys.TrustedProxies);
        var masterKey = server.Get(ServerKeys.MasterKey);
        var settings = new ServerSettings
        {
            Urls = urls.IsValid ? [.. urls.Content.Select(url => url.Content)] : [ListenAddress.Parse(ServerKeys.DefaultUrl)],
            DataDirectory = context.FullPath(server.Get(ServerKeys.Data)!),
            PublicUrl = server.Get(ServerKeys.PublicUrl),
            MasterKey = masterKey,
            Tls = BindTls(server.Section(ServerKeys.Tls), context),
            TrustedProxies = proxies.IsValid ? [.. proxies.Content.Select(proxy => proxy.Content)] : [],
            MaxBodyBytes = server.Get(ServerKeys.MaxBody),
        };

        if (urls.IsValid)
        {
            JudgeUrls(urls.Content, server, hasProxies: settings.TrustedProxies.Count > 0 || proxies.State == FoundState.Invalid, context);
        }

        if (proxies.IsValid)
        {
            JudgeProxies(proxies.Content, context);
        }

        if (masterKey?.Reveal().Length < ShortMasterKey)
        {
            context.Warn(server.PlaceOf(ServerKeys.MasterKey), $"is shorter than {ShortMasterKey} characters", "use a long random text, such as the output of: openssl rand -base64 32");
        }

        return settings;
    }

    // Credentials come with every request, so nothing but this machine or a proxy that is known may speak to Sluice in the clear.
    private static void JudgeUrls(IReadOnlyList<Placed<ListenAddress>> urls, BlockReader server, bool hasProxies, ReadContext context)
    {
        var seen = new HashSet<ListenAddress>();
        foreach (var (url, place) in urls)
        {
            if (!seen.Add(url))
            {
                context.Problem(place, $"{Shown.Quoted(url.ToString())} is listed twice", "keep one");
            }

            if (url.IsHttps && !server.Has(ServerKeys.Tls))
            {
                context.Problem(place, $"{Shown.Quoted(url.ToString())} is https without a certificate", "set server.tls.certificate and server.tls.key");
            }

            if (!url.IsHttps && !url.IsLoopback && !hasProxies)
            {
                context.Problem(
                    place,
                    $"{Shown.Quoted(url.ToString())} can be reached from other machines without TLS",
                    "use 127.0.0.1, [::1] or localhost; or an https address with server.tls; or name the proxy that ends TLS in server.trusted_proxies");
            }
        }

        if (server.Has(ServerKeys.Tls) && urls.All(url => !url.Content.IsHttps))
        {
            context.Warn(server.PlaceOf(ServerKeys.Tls), "is set, but no address in server.urls is https", "add an https address, or remove the certificate");
        }
    }

    private static void JudgeProxies(IReadOnlyList<Placed<IPNetwork>> proxies, ReadContext context)
    {
        foreach (var (_, place) in proxies.Where(proxy => proxy.Content.PrefixLength == 0))
        {
            context.Warn(place, "trusts every address, so that anybody can claim to be anybody", "list the proxies alone");
        }
    }

    private static TlsSettings? BindTls(BlockReader tls, ReadContext context)
    {
        var certificate = ReadableFile(tls, ServerKeys.Certificate, context);
        var key = ReadableFile(tls, ServerKeys.CertificateKey, context);
        if (certificate is null || key is null)
        {
            return null;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException)
        {
            // The exception may quote the file.
            context.Problem(tls.Place, "the two files are not a certificate and its private key", "name PEM files that belong together, the key without a pass phrase");
        }

        return new TlsSettings(certificate, key);
    }

    private static string? ReadableFile(BlockReader tls, Key<string> key, ReadContext context)
    {
        var found = tls.Read(key);
        if (!found.IsValid)
        {
            return null;
        }

        var path = context.FullPath(found.Content);
        try
        {
            using var file = File.OpenRead(path);
            return path;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            context.Problem(tls.PlaceOf(key), "names a file that does not exist", key.Shape.Remedy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            context.Problem(tls.PlaceOf(key), "names a file that cannot be read", "name a file that the user running Sluice may read");
        }

        return null;
    }
}
