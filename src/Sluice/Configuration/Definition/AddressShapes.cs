using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sluice.Server.Hosting;

namespace Sluice.Configuration.Definition;

/// <summary>An absolute URL that credentials may be sent to: https, or http to this machine.</summary>
internal sealed class UrlShape : ScalarShape<Uri>
{
    /// <summary>Whether a slash at the end means something: the URL is called as it is, and not the root of others.</summary>
    public bool KeepsPath { get; init; }

    public override string TypeText => "URL";

    public override string Accepted => "an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment";

    protected override string? TryParse(string text, out Uri? value)
    {
        value = null;
        if (TextShape.WrongAsText(text) is { } wrong)
        {
            return wrong;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            return "is not an http or https URL";
        }

        if (url.UserInfo.Length > 0 || text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal))
        {
            return "has a user, a query or a fragment in it";
        }

        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
        {
            return "uses http to another machine, in the clear";
        }

        value = KeepsPath ? url : new UriBuilder(url) { Path = url.AbsolutePath.TrimEnd('/') }.Uri;
        return null;
    }

    protected override bool MayHoldSecret(string text) => text.AsSpan().IndexOfAny("@?#") >= 0;

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string", ["pattern"] = "^[Hh][Tt][Tt][Pp][Ss]?://" };
}

/// <summary>An address to listen on.</summary>
internal sealed class ListenAddressShape : ScalarShape<ListenAddress>
{
    public override string TypeText => "address";

    public override string Accepted => "scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;";

    protected override string? TryParse(string text, out ListenAddress? value) =>
        ListenAddress.TryParse(text, out value, out _) ? null : "is not an address to listen on";

    protected override bool MayHoldSecret(string text) => text.AsSpan().IndexOfAny("@?#") >= 0;

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string", ["pattern"] = "^\\s*[Hh][Tt][Tt][Pp][Ss]?://" };
}

/// <summary>An IP address, or a range of them as a CIDR block.</summary>
internal sealed partial class NetworkShape : ScalarShape<IPNetwork>
{
    public override string TypeText => "IP address or CIDR block";

    public override string Accepted => "IP addresses or CIDR blocks, such as 10.0.0.5 or 10.0.0.0/8";

    protected override string? TryParse(string text, out IPNetwork value)
    {
        value = default;
        if (!Form().IsMatch(text))
        {
            return "is not an IP address or CIDR block";
        }

        if (IPAddress.TryParse(text, out var address))
        {
            value = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return null;
        }

        // The parser clears the bits behind the prefix, and 10.0.0.5/8 is more often meant as 10.0.0.5 than as all of 10.0.0.0/8.
        return !IPNetwork.TryParse(text, out value) ? "is not an IP address or CIDR block"
            : !IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)]).Equals(value.BaseAddress) ? "has bits set behind its prefix"
            : null;
    }

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string" };

    // Four parts for IPv4: "10.1" is 10.0.0.1 to the parser and 10.1.0.0 to people.
    [GeneratedRegex(@"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/[0-9]{1,3})?\z")]
    private static partial Regex Form();
}

/// <summary>A time zone by its IANA name.</summary>
internal sealed partial class TimeZoneShape : ScalarShape<TimeZoneInfo>
{
    public override string TypeText => "IANA time zone";

    public override string Accepted => "an IANA name that this machine knows, such as UTC or Europe/Paris";

    protected override string? TryParse(string text, out TimeZoneInfo? value)
    {
        value = null;
        return Name().IsMatch(text) && TimeZoneInfo.TryFindSystemTimeZoneById(text, out value) ? null : "is not a known time zone";
    }

    protected override JsonObject LiteralSchema() => new() { ["type"] = "string" };

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}\z")]
    private static partial Regex Name();
}
