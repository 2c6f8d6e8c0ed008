using System.Reflection;

namespace Sluice.Tests.Rows;

/// <summary>
/// What older documents say of Mixpanel, row by row as the wire reference confirms or corrects it: Sluice's clients and the running program against
/// the simulated Mixpanel, which was written without them. A row that is broken on either side fails its test.
/// </summary>
public sealed partial class SeedRowTests(RowProgram program) : IClassFixture<RowProgram>
{
    /// <summary>Every row of the reference's comparison, in its order, and the test that keeps it.</summary>
    private static readonly (string Row, string Test)[] Rows =
    [
        ("recurring cohort sync: 60 a project over all destinations, one-time unlimited", nameof(A_project_has_60_recurring_syncs_and_any_number_of_one_time_ones)),
        ("paid plan; webhook with name, address, user and password; one-time or recurring, every 30 minutes", nameof(A_webhook_has_a_user_and_a_password_and_is_called_once_or_every_30_minutes)),
        ("GET /api/app/me with a service account", nameof(Me_is_asked_at_the_app_api_with_a_service_account)),
        ("bearer on /api/2.0/engage", nameof(A_bearer_opens_the_profile_query_by_its_older_path)),
        ("POST /import: service accounts need project_id; strict=1", nameof(Import_names_the_project_and_asks_for_every_records_verdict)),
        ("expected answer of /import", nameof(Import_answers_with_code_status_and_number)),
        ("/engage: one path, eight operations", nameof(Operations_on_profiles_have_one_path_without_a_fragment)),
        ("POST /groups", nameof(Group_profiles_have_a_path_of_their_own)),
        ("GET /export: the data host", nameof(Raw_export_is_at_the_data_host)),
        ("questions: the query host; /api/query/engage", nameof(Questions_are_asked_at_the_query_host)),
        ("hosts by family and residency, India too", nameof(Every_family_has_its_own_host_in_every_residency)),
        ("rate of ingestion: 2 GB a minute", nameof(Ingestion_takes_2_GB_a_minute_and_2_MB_a_call)),
        ("rate of /track: that of /import", nameof(Track_has_the_limits_of_import)),
        ("rate of /engage: 2,000 updates a batch", nameof(Engage_takes_2000_updates_a_batch)),
        ("rate of queries: 60 an hour, 5 at once, shared", nameof(Queries_of_all_kinds_share_60_an_hour_and_5_at_once)),
        ("rate of export: 60 an hour, 3 a second, 100 at once; 100 days is no rule of Mixpanel's", nameof(Exports_are_60_an_hour_3_a_second_and_100_at_once)),
        ("rate of JQL: 60 an hour, counted as queries", nameof(Scripts_count_as_queries)),
        ("cohort export has no limit of its own", nameof(Reading_cohorts_has_no_limit_of_its_own_and_syncing_them_none_an_hour)),
        ("/import needs Owner or Admin", nameof(Import_needs_the_role_of_an_owner_or_admin)),
        ("402: the plan has no API calls", nameof(A_402_is_about_the_plan_and_not_about_amounts)),
        ("data_residency: US, EU and IN", nameof(The_config_knows_three_residencies)),
        ("de-duplication by a key of four parts", nameof(An_event_is_a_copy_when_four_things_are_equal)),
    ];

    private static CancellationToken Token => RowWorld.Token;

    [Fact]
    public void Every_row_has_its_test_and_every_test_its_row()
    {
        Assert.Equal(22, Rows.Length);
        Assert.Equal(22, Rows.Select(row => row.Row).Distinct(StringComparer.Ordinal).Count());
        var tests = typeof(SeedRowTests).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.GetCustomAttribute<FactAttribute>() is { Explicit: false, Skip: null }).Select(method => method.Name);
        Assert.Equal(
            Rows.Select(row => row.Test).Append(nameof(Every_row_has_its_test_and_every_test_its_row)).Order(StringComparer.Ordinal), tests.Order(StringComparer.Ordinal));
    }
}
