using Sluice.Configuration;
using Sluice.Core.Delivery;

namespace Sluice.Tests.Configuration;

/// <summary>The blocks that users have in their files already.</summary>
public sealed class DocumentedBlocksTests
{
    private const string Blocks = """
        connectors:
          mixpanel:
            enabled: true
            project_token: "your-project-token"
            service_account:
              username: "your-service-account-username"
              secret: "your-service-account-secret"
            project_id: "12345"
            data_residency: "US" # or "EU"
            # Data sync options
            sync:
              events: true
              profiles: true
              cohorts: true
              groups: false
            # Brevo list assignment
            lists:
              all_users: 15
              engaged_users: 16
              at_risk: 17

        event_mapping:
          # Mixpanel event -> Brevo event
          "Purchase": "order_completed"
          "Sign Up": "customer_created"
          "Add to Cart": "cart_updated"
          "Page View": "page_viewed"
          "$experiment_started": "experiment_started"
          # Custom events
          "Feature Activated": "feature_used"
          "Subscription Renewed": "subscription_renewed"

        property_mapping:
          $email: email
          $first_name: FIRSTNAME
          $last_name: LASTNAME
          $phone: SMS
          $city: CITY
          $region: REGION
          $country_code: COUNTRY
          plan: PLAN_TYPE
          company: COMPANY
          signup_date: SIGNUP_DATE
          total_revenue: LTV
        """;

    [Fact]
    public void They_work_verbatim_at_the_root()
    {
        Assert.Equal("", Given.Findings(Blocks));
        AssertRead(Given.Project(Blocks));
    }

    [Fact]
    public void They_work_verbatim_in_an_entry_of_projects()
    {
        var yaml = "projects:\n  - project: { id: shop }\n" + string.Concat(Blocks.Split('\n').Select(line => $"    {line}\n"));
        Assert.Equal("", Given.Findings(yaml));
        var project = Given.Project(yaml);
        Assert.Equal("shop", project.Id);
        AssertRead(project);
    }

    [Fact]
    public void They_work_with_windows_line_ends_and_a_byte_order_mark() =>
        AssertRead(Given.Project("\uFEFF" + Blocks.Replace("\n", "\r\n", StringComparison.Ordinal)));

    private static void AssertRead(ProjectSettings project)
    {
        var mixpanel = project.Mixpanel!;
        Assert.True(mixpanel.Enabled);
        Assert.Equal("your-project-token", mixpanel.ProjectToken);
        Assert.Equal("your-service-account-username", mixpanel.ServiceAccount!.Username);
        Assert.Equal("your-service-account-secret", mixpanel.ServiceAccount.Secret.Reveal());
        Assert.Equal("12345", mixpanel.ProjectId);
        Assert.Equal(DataResidency.Us, mixpanel.DataResidency);
        Assert.Equal(new SyncSettings(Events: true, Profiles: true, Cohorts: true, Groups: false), mixpanel.Sync);
        Assert.Equal(
            [
                new ListSettings(new ListSource.AllUsers(), 15, ListMode.Mirror, null),
                new ListSettings(new ListSource.Named("engaged_users"), 16, ListMode.Mirror, null),
                new ListSettings(new ListSource.Named("at_risk"), 17, ListMode.Mirror, null),
            ],
            mixpanel.Lists);
        Assert.False(project.EventMapping.SendUnmapped);
        Assert.Equal(7, project.EventMapping.Names.Count);
        Assert.Equal("order_completed", project.EventMapping.NameOf("Purchase"));
        Assert.Equal("experiment_started", project.EventMapping.NameOf("$experiment_started"));
        Assert.Null(project.EventMapping.NameOf("Log In"));
        Assert.Equal(
            [
                "$email EMAIL", "$first_name FIRSTNAME", "$last_name LASTNAME", "$phone SMS", "$city CITY", "$region REGION",
                "$country_code COUNTRY", "plan PLAN_TYPE", "company COMPANY", "signup_date SIGNUP_DATE", "total_revenue LTV",
            ],
            project.PropertyMapping.Entries.Select(entry => $"{Assert.IsType<PropertySource.ProfileProperty>(entry.Source).Name} {entry.Target.Name}"));
        Assert.All(project.PropertyMapping.Entries, entry => Assert.Null(entry.Type));
    }
}
