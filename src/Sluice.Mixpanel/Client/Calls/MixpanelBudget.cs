namespace Sluice.Mixpanel.Client;

/// <summary>Which of a project's limits a call counts against.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/rate-limits"/>
public enum MixpanelBudget
{
    /// <summary>60 calls an hour and 5 at once, shared by all query endpoints: cohorts, profiles, JQL, reports.</summary>
    Query,

    /// <summary>60 raw exports an hour, 3 a second, 100 at once.</summary>
    Export,

    /// <summary>2 GB a minute, about 30,000 events a second.</summary>
    Ingestion,

    /// <summary>1 call a second for retrievals and deletions of personal data.</summary>
    Gdpr,

    /// <summary>5 calls a minute for schemas, and 4,000 entities a minute per organisation.</summary>
    Schemas,

    /// <summary>Everything else of the app API; no limit is published.</summary>
    App,
}
