using System.Globalization;

namespace Sluice.Client;

/// <summary>The project that the keys open.</summary>
/// <param name="Id">The project's id, as it stands in URLs.</param>
/// <param name="AccessKey">User name of what calls Sluice.</param>
/// <param name="TimeZone">IANA name of the time zone in which days begin and end.</param>
/// <param name="MixpanelProjectId">Mixpanel's number of the project; null when none is connected.</param>
/// <param name="Identity"><c>simplified</c>, <c>original</c> or <c>legacy</c>.</param>
public sealed record SluiceProject(string Id, string AccessKey, string TimeZone, string? MixpanelProjectId, string Identity);

/// <summary>A live secret key, by its id.</summary>
/// <param name="Id">Names the key; it tells nothing of the key itself.</param>
/// <param name="Declared">Whether the server's config file sets it: then only the file can end it.</param>
/// <param name="CreatedAt">When it began to open the project.</param>
public sealed record ProjectKey(string Id, bool Declared, DateTimeOffset CreatedAt);

/// <summary>A pair of keys that was just made.</summary>
/// <param name="Id">Names the key.</param>
/// <param name="AccessKey">User name of what calls Sluice.</param>
/// <param name="SecretKey">Password of what calls Sluice; it cannot be read again.</param>
/// <param name="CreatedAt">When it began to open the project.</param>
public sealed record NewProjectKey(string Id, string AccessKey, string SecretKey, DateTimeOffset CreatedAt)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => $"NewProjectKey {{ Id = {Id}, SecretKey = *** }}";
}

/// <summary>One line of a mapping.</summary>
/// <param name="Source">What it is at Mixpanel.</param>
/// <param name="Target">What it becomes in Brevo.</param>
/// <param name="Type">The attribute's type where the config file fixes it; null otherwise.</param>
public sealed record MappingLine(string Source, string Target, string? Type);

/// <summary>How events and properties are named in Brevo.</summary>
/// <param name="Events">Events that are sent under another name.</param>
/// <param name="SendsUnmapped">Whether events without a line are sent under their own name.</param>
/// <param name="Properties">Properties of profiles that become attributes of contacts.</param>
public sealed record Mappings(IReadOnlyList<MappingLine> Events, bool SendsUnmapped, IReadOnlyList<MappingLine> Properties);

/// <summary>Records of one name that came in one way, and what became of them.</summary>
/// <param name="Way">The first segment of the path that they came by.</param>
/// <param name="Outcome"><c>accepted</c>, <c>refused</c>, <c>duplicate</c> and the like.</param>
/// <param name="Name">The event's name; empty where there is none.</param>
/// <param name="Records">How many.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="LastMinute">The beginning of the last minute in which one came.</param>
public sealed record IngestionCount(string Way, string Outcome, string Name, long Records, long Bytes, DateTimeOffset LastMinute);

/// <summary>What came in during some time.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end, not included.</param>
/// <param name="Items">Counts by way, outcome and name.</param>
public sealed record IngestionStatistics(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<IngestionCount> Items);

/// <summary>What is left of one budget that Mixpanel gives the project.</summary>
/// <param name="Name"><c>query</c>, <c>export</c>, <c>ingestion</c>, <c>gdpr</c> or <c>schemas</c>.</param>
/// <param name="Unit">In what it is counted.</param>
/// <param name="WindowSeconds">The time that the limit is for, in seconds: 3600, 60 or 1.</param>
/// <param name="Limit">What Mixpanel allows in any such time, in units.</param>
/// <param name="Left">What a person can still spend, in units.</param>
/// <param name="Reserved">What is kept for scheduled jobs beside that, in units.</param>
/// <param name="Running">Calls without an answer; null for <c>ingestion</c>, which is not counted by calls.</param>
/// <param name="MoreAt">When more comes; null while nothing is spent.</param>
/// <param name="HeldUntil">Until when Mixpanel itself refuses calls; null when it does not.</param>
public sealed record Budget(
    string Name, BudgetUnit Unit, int WindowSeconds, long Limit, long Left, int Reserved, int? Running, DateTimeOffset? MoreAt, DateTimeOffset? HeldUntil);

/// <summary>The project, its keys, its mappings, its budgets, and what came in.</summary>
public sealed class ProjectApi
{
    private readonly Transport _transport;

    internal ProjectApi(Transport transport) => _transport = transport;

    /// <summary>The project that the keys open.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<SluiceProject> GetAsync(CancellationToken cancellationToken = default) =>
        _transport.GetAsync("/project", ClientJson.Default.SluiceProject, cancellationToken);

    /// <summary>The live keys, oldest first: one, or two while one replaces the other.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<ProjectKey>> ListKeysAsync(CancellationToken cancellationToken = default) =>
        (await _transport.GetAsync("/keys", ClientJson.Default.Keys, cancellationToken)).Items;

    /// <summary>Makes a second key. It is not tried again: a key whose answer was lost is revoked by its id.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<NewProjectKey> CreateKeyAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync<object, NewProjectKey>(
            HttpMethod.Post, "/keys", null, null, ClientJson.Default.NewProjectKey, Repeating.Never, TimeSpan.Zero, cancellationToken);

    /// <summary>Ends a key.</summary>
    /// <param name="id">Which one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task RevokeKeyAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.DeleteAsync($"/keys/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <summary>How events and properties are named in Brevo.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Mappings> GetMappingsAsync(CancellationToken cancellationToken = default) =>
        _transport.GetAsync("/mappings", ClientJson.Default.Mappings, cancellationToken);

    /// <summary>What is left of what Mixpanel allows, and when more comes; empty while no Mixpanel project is connected.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<Budget>> ListBudgetsAsync(CancellationToken cancellationToken = default) =>
        (await _transport.GetAsync("/budgets", ClientJson.Default.Budgets, cancellationToken)).Items;

    /// <summary>Counts what came in.</summary>
    /// <param name="from">The beginning; null for 24 hours before the end.</param>
    /// <param name="to">The end, at most 31 days later; null for now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IngestionStatistics> GetIngestionStatisticsAsync(DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default)
    {
        var query = string.Join('&', new[] { ("from", from), ("to", to) }.Where(p => p.Item2 is not null)
            .Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!.Value.ToString("O", CultureInfo.InvariantCulture))}"));
        return _transport.GetAsync(query.Length == 0 ? "/statistics/ingestion" : "/statistics/ingestion?" + query, ClientJson.Default.IngestionStatistics, cancellationToken);
    }
}
