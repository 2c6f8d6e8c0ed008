namespace Sluice.Storage.Erasure;

/// <summary>
/// Every table of the store, and what becomes of an erased person there. A table that is missing here fails a test: whoever makes one
/// says first how people leave it.
/// </summary>
internal static class ErasedTables
{
    /// <summary>Tables that hold something of people, and lose it.</summary>
    public static readonly IReadOnlyList<string> Touched =
    [
        "cohort_page", "company", "company_mark", "dead_letter", "erasure", "erasure_contact", "erasure_part", "erasure_subject", "event", "event_log", "event_rest", "event_waiting",
        "followed_lookups", "forward_address", "forward_waiting",
        "group_mark", "group_member", "group_profile", "identity", "identity_claim", "job", "ledger_contact", "ledger_foreign", "ledger_member", "lookup_row",
        "membership", "membership_span", "pending", "profile", "suppression", "unsettled",
    ];

    /// <summary>Tables that tell nothing of anybody: names, numbers, states, and how far work has come.</summary>
    public static readonly IReadOnlyList<string> Impersonal =
    [
        "authorisation", "cohort", "cohort_session", "company_source", "connector", "delivery_lease", "destination", "event_clock", "event_cursor", "event_name", "followed_group", "forward_clock", "intake_count", "lease",
        "list", "list_claim", "list_removal", "list_source", "lookup_table", "permit_book", "project", "pull_job", "project_key", "repeated_call", "run", "schema_version", "setting", "tombstone", "tombstone_stamp",
    ];
}
