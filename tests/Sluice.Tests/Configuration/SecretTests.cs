using System.Collections;
using System.Reflection;
using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

public sealed class SecretTests
{
    [Fact]
    public void It_prints_as_stars_wherever_it_is_printed()
    {
        var secret = new Secret("hunter2");
        Assert.Equal("***", secret.ToString());
        Assert.Equal("***", $"{secret}");
        Assert.Equal("ServiceAccountSettings { Username = u, Secret = *** }", new ServiceAccountSettings("u", secret).ToString());
    }

    [Fact]
    public void It_cannot_be_serialised()
    {
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Secret("hunter2")));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new ServiceAccountSettings("u", new Secret("hunter2"))));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Secret>("\"hunter2\""));
    }

    [Fact]
    public void It_equals_another_with_the_same_text_only()
    {
        var secret = new Secret("hunter2");
        Assert.True(secret == new Secret("hunter2"));
        Assert.True(secret != new Secret("hunter3"));
        Assert.False(secret == null);
        Assert.True(secret.Matches("hunter2"));
        Assert.False(secret.Matches("hunter"));
        Assert.False(secret.Matches(""));
        Assert.Equal(secret.GetHashCode(), new Secret("hunter2").GetHashCode());
    }

    [Fact]
    public void It_is_never_empty() => Assert.Throws<ArgumentException>(() => new Secret(""));

    [Fact]
    public void No_setting_prints_a_secret()
    {
        var settings = Given.Settings(
            """
            server: { master_key: hidden-master-key-1 }
            storage: { engine: postgres, connection: "Host=db;Password=hidden-2" }
            project: { access_key: hidden-3, secret_key: hidden-4 }
            connectors:
              mixpanel: { project_id: 1, service_account: { username: u, secret: hidden-5 } }
              brevo: { api_key: hidden-6, webhook_token: hidden-7 }
            """);
        var printed = new List<string>();
        var secrets = new List<Secret>();
        Walk(settings, printed, secrets);

        // Seven, and the webhook token once more: it stands beside a key that may be connected later, too.
        Assert.Equal(8, secrets.Count);
        Assert.All(secrets, secret => Assert.Contains("hidden", secret.Reveal(), StringComparison.Ordinal));
        Assert.Contains(printed, text => text.StartsWith("BrevoConnectorSettings", StringComparison.Ordinal));
        Assert.All(printed, text => Assert.DoesNotContain("hidden", text, StringComparison.Ordinal));
    }

    // Each value is wrong where it stands, and is quoted by no finding.
    [Theory]
    [InlineData("server: { master_key: hidden }")]
    [InlineData("server: { public_url: 'https://u:hidden@example.com' }")]
    [InlineData("server: { public_url: 'https://example.com/?key=hidden' }")]
    [InlineData("server: { urls: 'http://u:hidden@127.0.0.1' }")]
    [InlineData("storage: { connection: 'Host=db;Password=hidden' }")]
    [InlineData("storage: { engine: postgres, connection: 'hidden=1' }")]
    [InlineData("storage: { engine: postgres, connection: 'Host=db;Timeout=hidden' }")]
    [InlineData("storage: { engine: postgres, connection: 'postgres://u:hidden@db/sluice' }")]
    [InlineData("project: { access_key: 'hidden:' , secret_key: ' hidden' }")]
    [InlineData("project: { secret_key: [ hidden ] }")]
    [InlineData("projects: [ { project: { id: a, access_key: hidden } }, { project: { id: b, access_key: hidden } } ]")]
    [InlineData("connectors: { brevo: { api_key: \"hidden\\nhidden\", webhook_token: { a: hidden } } }")]
    [InlineData("connectors: { brevo: hidden }")]
    [InlineData("connectors: { brevo: [ hidden ] }")]
    [InlineData("connectors: { brevo: { api_keyy: hidden } }")]
    [InlineData("connectors: { brevo: { api_key: *hidden } }")]
    [InlineData("connectors: { brevo: { api_key: !hidden } }")]
    [InlineData("connectors: { brevo: { api_key: !a!hidden x } }")]
    [InlineData("connectors: { brevo: { api_key: @hidden } }")]
    [InlineData("connectors: { brevo: { api_key: 'hidden } }")]
    [InlineData("connectors: { brevo: { api_key: \"\\hidden\" } }")]
    [InlineData("connectors: { mixpanel: { service_account: 'u:hidden' } }")]
    [InlineData("connectors: { mixpanel: { enabled: '${HIDDEN}', data_residency: '${HIDDEN}', project_id: '${HIDDEN}', lists: { a: '${HIDDEN}' } } }")]
    [InlineData("server: { urls: '${HIDDEN}', trusted_proxies: [ '${HIDDEN}' ], max_body: 'x${HIDDEN}', public_url: '${HIDDEN}' }")]
    [InlineData("project: { timezone: '${HIDDEN}', id: '-${HIDDEN}' }")]
    [InlineData("event_mapping: { a: '! ${HIDDEN}' }\nproperty_mapping: { a: '! ${HIDDEN}' }")]
    public void No_finding_prints_a_secret(string yaml)
    {
        var result = Given.Config(yaml, ("HIDDEN", "hidden"));
        Assert.NotEmpty(result.Problems.Concat(result.Warnings));
        var everything = ConfigReport.ToText(result) + ConfigReport.ToJson(result) + ConfigReport.Summary(result) + result;
        Assert.DoesNotContain("hidden", everything, StringComparison.Ordinal);
    }

    [Fact]
    public void An_api_key_that_slipped_into_the_place_of_a_name_is_cut_short()
    {
        var key = "xkeysib-" + new string('a', 64);
        Assert.DoesNotContain(key, Given.Findings($"connectors: {{ brevo: {{ {key}: }} }}"), StringComparison.Ordinal);
    }

    private static void Walk(object value, List<string> printed, List<Secret> secrets)
    {
        printed.Add(value.ToString()!);
        if (value is Secret secret)
        {
            secrets.Add(secret);
        }
        else if (value is IEnumerable items and not string)
        {
            foreach (var item in items)
            {
                Walk(item, printed, secrets);
            }
        }
        else if (value.GetType().Assembly == typeof(Secret).Assembly && !value.GetType().IsEnum)
        {
            foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
            {
                if (property.GetValue(value) is { } child)
                {
                    Walk(child, printed, secrets);
                }
            }
        }
    }
}
