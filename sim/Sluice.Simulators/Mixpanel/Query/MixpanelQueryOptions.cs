namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>How queries are answered where Mixpanel is known to differ from time to time, or does not say.</summary>
public sealed record MixpanelQueryOptions
{
    /// <summary>Profiles on one page.</summary>
    public int PageSize { get; init; } = 1_000;

    /// <summary>How long the pages of a profile query can be asked for after its last page. Mixpanel does not publish its own.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Pages behind the first are taken from the people and cohorts of that moment and not of the first page's: who moves in between can be
    /// missing, or come twice.
    /// </summary>
    public bool PagesFollowChanges { get; init; }

    /// <summary>Distinct ids that consist of digits are given as numbers, as the published schema says and the observed answers do not.</summary>
    public bool NumericDistinctIds { get; init; }

    /// <summary>Only the first page of a profile query has a <c>total</c>.</summary>
    public bool TotalOnFirstPageOnly { get; init; }

    /// <summary>A refused query says in <c>Retry-After</c> when the next one is free. Whether Mixpanel's does is not known.</summary>
    public bool SendsRetryAfter { get; init; }

    /// <summary>
    /// A new deletion or retrieval is told as a list of jobs with a <c>tracking_id</c>, as one published sample has it, and not as an object with a
    /// <c>task_id</c>, as the schema says.
    /// </summary>
    public bool ListsNewJobs { get; init; }

    /// <summary>How long an access token is good that was exchanged for a refresh token.</summary>
    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>A client with a refresh token that a person's consent gave it.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="ClientSecret">Its secret, or null for a public client.</param>
/// <param name="RefreshToken">The first refresh token; every exchange gives a new one and ends the old one.</param>
/// <param name="ProjectIds">The projects that its access tokens open.</param>
public sealed record MixpanelOAuthClient(string ClientId, string? ClientSecret, string RefreshToken, IReadOnlyList<string> ProjectIds);
