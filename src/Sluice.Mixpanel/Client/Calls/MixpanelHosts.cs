namespace Sluice.Mixpanel.Client;

/// <summary>Where the families of Mixpanel's API are. One base address is not enough: they lie on different hosts, and each residency has its own.</summary>
/// <param name="Ingestion">The root of <c>/import</c>, <c>/engage</c>, <c>/groups</c> and <c>/lookup-tables</c>.</param>
/// <param name="Query">The root before <c>/api/query</c> and <c>/api/2.0</c>.</param>
/// <param name="Export">The root before <c>/api/2.0/export</c>.</param>
/// <param name="App">The root before <c>/api/app</c>.</param>
public sealed record MixpanelHosts(Uri Ingestion, Uri Query, Uri Export, Uri App)
{
    internal const string QueryPath = "/api/query";
    internal const string ExportPath = "/api/2.0";
    internal const string AppPath = "/api/app";

    /// <summary>Mixpanel's own hosts of a residency.</summary>
    /// <param name="residency">Where the project's data lie.</param>
    /// <returns>The hosts.</returns>
    public static MixpanelHosts Of(MixpanelResidency residency)
    {
        // The ingestion and export hosts have a suffix, the others a name before theirs.
        var (suffix, prefix) = residency switch
        {
            MixpanelResidency.UnitedStates => ("", ""),
            MixpanelResidency.EuropeanUnion => ("-eu", "eu."),
            MixpanelResidency.India => ("-in", "in."),
            _ => throw new ArgumentOutOfRangeException(nameof(residency), residency, "Not a residency."),
        };
        var page = new Uri($"https://{prefix}mixpanel.com");
        return new MixpanelHosts(new Uri($"https://api{suffix}.mixpanel.com"), page, new Uri($"https://data{suffix}.mixpanel.com"), page);
    }

    /// <summary>One root for everything: a proxy, or a server of a test.</summary>
    /// <param name="root">The root.</param>
    /// <returns>The hosts.</returns>
    public static MixpanelHosts At(Uri root) => new(root, root, root, root);

    /// <summary>The same, with other addresses where some are given. Such an address may end with its family's path, as Mixpanel writes it, or stop before.</summary>
    /// <param name="ingestion">In place of <c>api.mixpanel.com</c>.</param>
    /// <param name="query">In place of <c>mixpanel.com</c> or <c>mixpanel.com/api/query</c>.</param>
    /// <param name="export">In place of <c>data.mixpanel.com</c> or <c>data.mixpanel.com/api/2.0</c>.</param>
    /// <param name="app">In place of <c>mixpanel.com</c> or <c>mixpanel.com/api/app</c>.</param>
    /// <returns>The hosts.</returns>
    public MixpanelHosts With(Uri? ingestion, Uri? query, Uri? export, Uri? app) =>
        new(ingestion ?? Ingestion, Root(query, QueryPath) ?? Query, Root(export, ExportPath) ?? Export, Root(app, AppPath) ?? App);

    internal static string Base(Uri root) => root.AbsoluteUri.TrimEnd('/');

    internal void Validate()
    {
        foreach (var root in (Uri[])[Ingestion, Query, Export, App])
        {
            if (root is not { IsAbsoluteUri: true, Scheme: "https" or "http", UserInfo: "", Query: "", Fragment: "" })
            {
                throw new ArgumentException("The address of an API must be absolute, with http or https, and hold no credentials and no query.");
            }
        }
    }

    private static Uri? Root(Uri? address, string path)
    {
        if (address is null)
        {
            return null;
        }

        var text = Base(address);
        return new Uri(text.EndsWith(path, StringComparison.Ordinal) ? text[..^path.Length] : text);
    }
}
