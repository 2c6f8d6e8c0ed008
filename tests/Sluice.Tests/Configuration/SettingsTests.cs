using System.Net;
using Sluice.Configuration;
using Sluice.Core.Identity;
using Sluice.Core.Delivery;
using Sluice.Server.Hosting;

namespace Sluice.Tests.Configuration;

/// <summary>What valid files become.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nothing here\n")]
    [InlineData("---\n")]
    [InlineData("server:\nstorage:\nproject:\nconnectors:\n")]
    public void A_file_without_keys_has_every_default(string yaml)
    {
        var settings = Given.Settings(yaml);
        Assert.Equal([new ListenAddress(IsHttps: false, IPAddress.Loopback, IsLocalhost: false, 8080)], settings.Server.Urls);
        Assert.Equal(Path.Combine(Given.Folder, "data"), settings.Server.DataDirectory);
        Assert.Null(settings.Server.PublicUrl);
        Assert.Null(settings.Server.MasterKey);
        Assert.Null(settings.Server.Tls);
        Assert.Empty(settings.Server.TrustedProxies);
        Assert.Equal(33_554_432, settings.Server.MaxBodyBytes);
        Assert.Equal(new StorageSettings(StorageEngine.Sqlite, null), settings.Storage);
        var project = Assert.Single(settings.Projects);
        Assert.Equal("default", project.Id);
        Assert.Null(project.AccessKey);
        Assert.Null(project.SecretKey);
        Assert.Equal("UTC", project.TimeZone.Id);
        Assert.Null(project.Mixpanel);
        Assert.Null(project.Brevo);
        Assert.Equal("Anything at all", project.EventMapping.NameOf("Anything at all"));
        Assert.Equal(PropertyMapping.EmailOnly.Entries, project.PropertyMapping.Entries);
    }

    [Fact]
    public void Connectors_without_keys_have_every_default()
    {
        var project = Given.Project("connectors: { mixpanel: {}, brevo: { api_key: k } }");
        var mixpanel = project.Mixpanel!;
        Assert.True(mixpanel.Enabled);
        Assert.Null(mixpanel.ProjectToken);
        Assert.Null(mixpanel.ServiceAccount);
        Assert.Null(mixpanel.OauthToken);
        Assert.Null(mixpanel.ProjectId);
        Assert.Equal(DataResidency.Us, mixpanel.DataResidency);
        Assert.Equal(IdentityMode.Simplified, mixpanel.Identity);
        Assert.Null(mixpanel.IdentityProperty);
        Assert.Equal(new SyncSettings(Events: true, Profiles: true, Cohorts: true, Groups: false), mixpanel.Sync);
        Assert.Empty(mixpanel.Lists);
        Assert.False(mixpanel.Forward);
        Assert.Equal(new MixpanelEndpointSettings(null, null, null, null), mixpanel.Endpoints);
        Assert.Equal("k", project.Brevo!.ApiKey.Reveal());
        Assert.Equal("https://api.brevo.com/v3", project.Brevo.BaseUrl.ToString());
        Assert.Equal(0.5, project.Brevo.MaxRemoval);
        Assert.Null(project.Brevo.WebhookToken);
        Assert.Equal(Core.Delivery.Events.UnknownRule.Skip, project.Brevo.OnUnknown);
        Assert.False(project.Brevo.CampaignEvents);
    }

    [Fact]
    public void OAuth_can_be_set_in_place_of_the_token()
    {
        var mixpanel = Given.Project(
            "connectors: { mixpanel: { project_id: 1, oauth: { client_id: c, client_secret: \"${SECRET}\", refresh_token: \"${REFRESH}\" }, endpoints: { token: \"http://127.0.0.1:4/o/token/\" } } }",
            ("SECRET", "s"), ("REFRESH", "r")).Mixpanel!;
        Assert.Equal(new OAuthSettings("c", new Secret("s"), new Secret("r")), mixpanel.OAuth);
        Assert.Equal("http://127.0.0.1:4/o/token/", mixpanel.Endpoints.Token!.AbsoluteUri);
        Assert.DoesNotContain("RefreshToken = r", mixpanel.ToString(), StringComparison.Ordinal);
        Assert.Null(Given.Project("connectors: { mixpanel: { project_id: 1, oauth: { client_id: c, refresh_token: r } } }").Mixpanel!.OAuth!.ClientSecret);
    }

    [Fact]
    public void Every_key_can_be_set()
    {
        var settings = Given.Settings(
            """
            server:
              urls: [ "http://127.0.0.1:8081", "http://[::1]:8082/", "http://localhost" ]
              data: /var/lib/sluice
              public_url: https://sluice.example.com/bridge/
              master_key: a-master-key-of-some-length
              trusted_proxies: [ 10.0.0.5, 10.1.0.0/16, "fd00::/8" ]
              max_body: 64 kib
            storage: { engine: POSTGRES, connection: "Host=db;Password=p" }
            project: { id: Shop_1, access_key: ak, secret_key: sk, timezone: Europe/Paris }
            connectors:
              mixpanel:
                enabled: FALSE
                project_token: t
                oauth_token: bearer
                project_id: 12345
                data_residency: eu
                identity: Original
                identity_property: customer_id
                sync: { events: false, profiles: false, cohorts: false, groups: true }
                lists: { "Power Users": { list: 7, mode: exclusive, max_removal: 0 } }
                forward: true
                endpoints: { ingestion: "http://127.0.0.1:1/i", query: "http://localhost:2", export: "https://e.example/x/", app: "http://[::1]:4" }
              brevo: { api_key: key, base_url: "http://127.0.0.1:9/v3/", max_removal: 1, webhook_token: hook }
            event_mapping: { "*": "*", Purchase: order_completed }
            property_mapping: { email: EMAIL, total: { attribute: LTV, type: float }, user_groups: { attribute: GROUPS, type: multiple-choice }, "user_group:77": IS_VIP }
            """);
        var server = settings.Server;
        Assert.Equal(["http://127.0.0.1:8081", "http://[::1]:8082", "http://localhost:80"], server.Urls.Select(url => url.ToString()));
        Assert.Equal("/var/lib/sluice", server.DataDirectory);
        Assert.Equal("https://sluice.example.com/bridge", server.PublicUrl!.ToString());
        Assert.Equal("a-master-key-of-some-length", server.MasterKey!.Reveal());
        Assert.Equal([IPNetwork.Parse("10.0.0.5/32"), IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("fd00::/8")], server.TrustedProxies);
        Assert.Equal(65_536, server.MaxBodyBytes);
        Assert.Equal(StorageEngine.Postgres, settings.Storage.Engine);
        Assert.Equal("Host=db;Password=p", settings.Storage.Connection!.Reveal());
        var project = Assert.Single(settings.Projects);
        Assert.Equal(("Shop_1", "ak", "sk", "Europe/Paris"), (project.Id, project.AccessKey!.Reveal(), project.SecretKey!.Reveal(), project.TimeZone.Id));
        var mixpanel = project.Mixpanel!;
        Assert.False(mixpanel.Enabled);
        Assert.Equal("bearer", mixpanel.OauthToken!.Reveal());
        Assert.Equal("12345", mixpanel.ProjectId);
        Assert.Equal(DataResidency.Eu, mixpanel.DataResidency);
        Assert.Equal(IdentityMode.Original, mixpanel.Identity);
        Assert.Equal("customer_id", mixpanel.IdentityProperty);
        Assert.Equal(new SyncSettings(Events: false, Profiles: false, Cohorts: false, Groups: true), mixpanel.Sync);
        Assert.Equal([new ListSettings(new ListSource.Named("Power Users"), 7, ListMode.Exclusive, 0)], mixpanel.Lists);
        Assert.True(mixpanel.Forward);
        Assert.Equal(
            ["http://127.0.0.1:1/i", "http://localhost:2/", "https://e.example/x", "http://[::1]:4/"],
            new[] { mixpanel.Endpoints.Ingestion, mixpanel.Endpoints.Query, mixpanel.Endpoints.Export, mixpanel.Endpoints.App }.Select(url => url!.ToString()));
        Assert.Equal(("key", "http://127.0.0.1:9/v3", 1.0, "hook"), (project.Brevo!.ApiKey.Reveal(), project.Brevo.BaseUrl.ToString(), project.Brevo.MaxRemoval, project.Brevo.WebhookToken!.Reveal()));
        Assert.Equal(("order_completed", "Other"), (project.EventMapping.NameOf("Purchase"), project.EventMapping.NameOf("Other")));
        Assert.Equal(
            [
                new PropertyMappingEntry(new PropertySource.ProfileProperty("email"), BrevoField.Email, null),
                new PropertyMappingEntry(new PropertySource.ProfileProperty("total"), new BrevoField(BrevoFieldKind.Attribute, "LTV"), BrevoAttributeType.Number),
                new PropertyMappingEntry(new PropertySource.UserGroups(), new BrevoField(BrevoFieldKind.Attribute, "GROUPS"), BrevoAttributeType.MultipleChoice),
                new PropertyMappingEntry(new PropertySource.UserGroup(77), new BrevoField(BrevoFieldKind.Attribute, "IS_VIP"), null),
            ],
            project.PropertyMapping.Entries);
    }

    [Fact]
    public void Webhooks_are_read_with_their_defaults()
    {
        const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        var webhooks = Given.Project($$"""
            destinations:
              - { name: crm, type: webhook, url: "https://crm.example.com/hooks/", secret: "${SECRET}" }
              - { name: warehouse-2, type: Webhook, url: "http://127.0.0.1:9/x", secret: [ {{secret}}, "${SECRET}" ], events: [ A, "B, c" ], properties: $email, rate: 2, batch: 1 }
              - { name: all, type: webhook, url: "https://a.test", secret: "${SECRET}", events: "*" }
            """, ("SECRET", secret)).Webhooks;

        Assert.Equal(["crm", "warehouse-2", "all"], webhooks.Select(w => w.Name));
        Assert.Equal(["https://crm.example.com/hooks/", "http://127.0.0.1:9/x", "https://a.test/"], webhooks.Select(w => w.Url.ToString()));
        Assert.Equal((null, null), (webhooks[0].Events, webhooks[2].Events));
        Assert.Equal(["A", "B, c"], webhooks[1].Events);
        Assert.Equal((10, 100, 0), (webhooks[0].Rate, webhooks[0].Batch, webhooks[0].Properties.Count));
        Assert.Equal((2, 1), (webhooks[1].Rate, webhooks[1].Batch));
        Assert.Equal(["$email"], webhooks[1].Properties);
        Assert.Equal([1, 2, 1], webhooks.Select(w => w.Secrets.Count));
    }

    [Fact]
    public void Two_webhooks_of_one_name_and_a_third_secret_are_problems()
    {
        const string hook = """name: crm, type: webhook, url: "https://a.test", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw""";
        Assert.Equal(
            "2:13: destinations[1].name — is the same as destinations[0].name; give each destination a name of its own",
            Given.Findings($"destinations: [ {{ {hook} }},\n    {{ {hook} }} ]"));
        Assert.Contains(
            "has 3 secrets; give one, or two while one replaces the other",
            Given.Findings($"destinations: [ {{ {hook.Replace("secret: ", "secret: [ ", StringComparison.Ordinal)}, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ] }} ]"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7700123: 15")]
    [InlineData("\"7700123\": 15")]
    [InlineData("7700123: \"15\"")]
    [InlineData("7700123: '${LIST}'")]
    [InlineData("7700123: { list: 15 }")]
    public void A_key_of_digits_is_a_mixpanel_cohort_id(string line) =>
        Assert.Equal(
            [new ListSettings(new ListSource.Cohort(7_700_123), 15, ListMode.Mirror, null)],
            Given.Project($"connectors: {{ mixpanel: {{ lists: {{ {line} }} }} }}", ("LIST", "15")).Mixpanel!.Lists);

    [Theory]
    [InlineData("yes")]
    [InlineData("1.5")]
    [InlineData("0x1F")]
    [InlineData("7_700_123")]
    [InlineData("true")]
    [InlineData("Ünïcode 🎉 users")]
    public void Any_other_key_is_a_name_as_it_is_written(string name) =>
        Assert.Equal(
            new ListSource.Named(name),
            Assert.Single(Given.Project($"connectors: {{ mixpanel: {{ lists: {{ {name}: 15 }} }} }}").Mixpanel!.Lists).Source);

    [Theory]
    [InlineData("http://127.0.0.1:1, http://127.0.0.1:2")]
    [InlineData("http://127.0.0.1:1;http://127.0.0.1:2;")]
    [InlineData("[ http://127.0.0.1:1, \"http://127.0.0.1:2\" ]")]
    [InlineData("${URLS}")]
    [InlineData("\n  - http://127.0.0.1:1\n  - ${SECOND}")]
    public void Urls_are_one_text_or_a_list(string urls) =>
        Assert.Equal(
            ["http://127.0.0.1:1", "http://127.0.0.1:2"],
            Given.Settings($"server:\n  urls: {urls}", ("URLS", "http://127.0.0.1:1;http://127.0.0.1:2"), ("SECOND", "http://127.0.0.1:2"))
                .Server.Urls.Select(url => url.ToString()));

    [Theory]
    [InlineData("1KB", 1024)]
    [InlineData("1kib", 1024)]
    [InlineData("32 MB", 33_554_432)]
    [InlineData("1GB", 1_073_741_824)]
    [InlineData("4096B", 4096)]
    public void Sizes_have_a_unit(string size, long bytes) =>
        Assert.Equal(bytes, Given.Settings($"server: {{ max_body: {size} }}").Server.MaxBodyBytes);

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://[::]:8080")]
    public void Other_machines_may_reach_an_http_address_when_a_proxy_is_named(string url) =>
        Assert.False(Assert.Single(Given.Settings($"server: {{ urls: \"{url}\", trusted_proxies: 10.0.0.5 }}").Server.Urls).IsLoopback);

    [Fact]
    public void Several_projects_are_read_in_order_and_may_share_blocks_through_anchors()
    {
        var settings = Given.Settings(
            """
            x-shared:
              brevo: &brevo { api_key: one-key, max_removal: 0.1 }
            projects:
              - project: { id: a }
                connectors: { brevo: *brevo, mixpanel: { lists: { all_users: 1 } } }
              - project: { id: b }
                connectors:
                  brevo: { <<: *brevo, max_removal: 0.9 }
                  mixpanel: { lists: { all_users: 2 } }
            """);
        Assert.Equal(["a", "b"], settings.Projects.Select(project => project.Id));
        Assert.All(settings.Projects, project => Assert.Equal("one-key", project.Brevo!.ApiKey.Reveal()));
        Assert.Equal([0.1, 0.9], settings.Projects.Select(project => project.Brevo!.MaxRemoval));
    }

    [Fact]
    public void The_same_list_number_in_two_brevo_accounts_is_two_lists()
    {
        var settings = Given.Settings(
            """
            projects:
              - { project: { id: a }, connectors: { brevo: { api_key: k1 }, mixpanel: { lists: { all_users: 1 } } } }
              - { project: { id: b }, connectors: { brevo: { api_key: k2 }, mixpanel: { lists: { all_users: { list: 1, mode: add } } } } }
            """);
        Assert.Equal(2, settings.Projects.Count);
    }

    [Fact]
    public void Several_sources_may_fill_one_list_in_one_mode() =>
        Assert.Equal(
            [1, 1],
            Given.Project("connectors: { mixpanel: { lists: { a: { list: 1, mode: add }, b: { list: 1, mode: add } } } }").Mixpanel!.Lists.Select(target => target.ListId));

    [Fact]
    public void A_mapping_with_the_star_alone_sends_every_event_under_its_own_name()
    {
        var mapping = Given.Project("event_mapping: { \"*\": \"*\" }").EventMapping;
        Assert.Empty(mapping.Names);
        Assert.Equal("$session_start", mapping.NameOf("$session_start"));
    }

    [Fact]
    public void Groups_tables_and_orders_are_read_as_they_are_written()
    {
        var project = Given.Project(
            """
            property_mapping: { $email: email, "group:company.$name": COMPANY, title: { attribute: PLAN_TITLE, type: text } }
            lookups:
              - { table: Plans, join: plan, columns: [ title, level ], for: profiles }
              - { table: 7, join: sku, columns: { name: product } }
            orders:
              Purchase: { id: order_id, amount: revenue, products: items, coupons: coupon, meta: [ shop ] }
              Refund: { id: order_id, amount: revenue, status_property: state, products: { list: items, id: sku, variant: color } }
            """);
        Assert.Equal(new PropertySource.GroupProperty(new("company", "$name")), project.PropertyMapping.Entries[1].Source);
        Assert.Equal(
            ["Plans plan title>title level>level False True", "7 sku name>product True True"],
            project.Lookups.Select(l => $"{l.Table} {l.Join} {string.Join(' ', l.Columns.Select(c => $"{c.Column}>{c.Property}"))} {l.Events} {l.Profiles}"));
        Assert.Equal(
            [("Purchase", "completed", null, new OrderProductSettings("items", "product_id", "price", "quantity", null), "coupon"),
                ("Refund", "completed", "state", new OrderProductSettings("items", "sku", "price", "quantity", "color"), null)],
            project.Orders.Select(o => (o.Event, o.Status, o.StatusProperty, o.Products, o.Coupons)));
        Assert.Equal(["shop"], project.Orders[0].Meta);
        Assert.Null(project.Companies);
    }

    [Fact]
    public void A_company_has_its_groups_name_unless_attributes_are_named()
    {
        const string sync = "connectors: { mixpanel: { sync: { groups: true } } }\n";
        var settings = Given.Project(sync + "companies: { group_key: company }").Companies!;
        Assert.Equal("company", settings.GroupKey);
        Assert.Equal([("$name", "name")], settings.Attributes);
        Assert.Equal([("d", "domain")], Given.Project(sync + "companies: { group_key: company, attributes: { d: domain } }").Companies!.Attributes);
    }
}
