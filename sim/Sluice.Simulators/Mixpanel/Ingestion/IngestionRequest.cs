using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A call as an endpoint sees it, its body read completely and not yet unpacked.</summary>
internal sealed record IngestionRequest(
    MixpanelResidency Residency,
    string Method,
    string Path,
    string QueryString,
    string? Authorization,
    string MediaType,
    string ContentEncoding,
    string RemoteAddress,
    byte[] Body)
{
    // The log keeps thousands of calls; a body of data has no place in it.
    private const int LongestNoted = 8_192;

    private readonly Dictionary<string, StringValues> _query = QueryHelpers.ParseQuery(QueryString);

    /// <summary>Whether the caller takes a packed answer.</summary>
    public bool AcceptsGzip { get; init; }

    /// <summary>Where the call came to, as the caller sees it.</summary>
    public Uri? Address { get; init; }

    /// <summary>The fields of a form, once the body turned out to be one.</summary>
    public Dictionary<string, StringValues> Form { get; set; } = [];

    /// <summary>Size of the body after unpacking, for the allowance and the log.</summary>
    public int Bytes { get; set; } = Body.Length;

    /// <summary>The query and, of a form, the fields behind it, as they were sent.</summary>
    public string Parameters => MediaType == "application/x-www-form-urlencoded" && ContentEncoding.Length == 0 && Body.Length <= LongestNoted
        ? $"{QueryString}{(QueryString.Length == 0 ? '?' : '&')}{Encoding.UTF8.GetString(Body)}"
        : QueryString;

    /// <summary>A parameter: the older clients put into the form what others put into the query.</summary>
    public string? Parameter(string name) =>
        _query.TryGetValue(name, out var value) || Form.TryGetValue(name, out value) ? value[^1] : null;

    public bool IsOn(string name) => Parameter(name) is "1" or "true";

    /// <summary>An integer parameter, or null when it is absent or something else.</summary>
    public int? Number(string name) =>
        int.TryParse(Parameter(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
