using System.CommandLine;
using System.Net;
using System.Text;
using Sluice.Commands;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>OAuth in place of a service account, connected by the management API or written into the file, against a Mixpanel whose refresh tokens work once.</summary>
public sealed class OAuthConnectionTests
{
    private const string Connection =
        $$"""{"projectToken":"{{ManagedWorld.MixpanelToken}}","oauthClientId":"{{ManagedWorld.OAuthClient}}","oauthClientSecret":"{{ManagedWorld.OAuthSecret}}","oauthRefreshToken":"{{ManagedWorld.RefreshToken}}","projectId":"{{ManagedWorld.ProjectId}}"}""";

    // Lines of a block that stands eight columns in.
    private const string File = $$"""
        project_id: "{{ManagedWorld.ProjectId}}"
                project_token: {{ManagedWorld.MixpanelToken}}
                oauth: { client_id: {{ManagedWorld.OAuthClient}}, client_secret: {{ManagedWorld.OAuthSecret}}, refresh_token: {{ManagedWorld.RefreshToken}} }
        """;

    // As the simulator names the tokens that it gives.
    private static readonly string[] Secrets =
        [ManagedWorld.OAuthSecret, ManagedWorld.RefreshToken, $"access-{ManagedWorld.OAuthClient}", $"refresh-{ManagedWorld.OAuthClient}"];

    [Fact]
    public async Task What_is_connected_with_OAuth_fetches_cohorts_over_a_restart_and_lies_nowhere_in_the_clear()
    {
        await using var world = await ManagedWorld.StartAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Engaged", 3);
        var connected = await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}");
        Assert.True(connected.Status == HttpStatusCode.OK, connected.Body);
        Assert.Equal(
            ("connected", "api", ManagedWorld.OAuthClient),
            (connected.Json.GetProperty("state").GetString(), connected.Json.GetProperty("source").GetString(), connected.Json.GetProperty("oauthClientId").GetString()));
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, connected.Body, StringComparison.Ordinal));
        await SyncedAsync(world, 3);

        await world.StopNodeAsync();
        foreach (var file in Directory.EnumerateFiles(world.DataFolder))
        {
            var bytes = await System.IO.File.ReadAllBytesAsync(file, ManagedWorld.Token);
            Assert.All(Secrets, secret => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"{secret} lies in {file}"));
        }

        // The token that somebody gave has been used up; what it has become goes on, also when the same one is sent again.
        await world.StartNodeAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        world.Mixpanel.Desk(ManagedWorld.ProjectId).SetCohort(901, "Engaged", ["u001", "u002"]);
        await SyncedAsync(world, 2);
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}")).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync("connectors/mixpanel")).Status);
        Assert.Null((await world.GetAsync("connectors/mixpanel")).Json.GetProperty("oauthClientId").GetString());
        var again = await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "credentials-refused", "oauthRefreshToken"), (again.Status, again.Code, again.Field));
        Assert.Contains("authorise again", again.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, again.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_client_secret_leaves_the_authorisation_as_it_is()
    {
        await using var world = await ManagedWorld.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}")).Status);

        // The token that somebody gave is used up: what it has become must outlive the change of the secret.
        var changed = await world.PutAsync("connectors/mixpanel", Connection.Replace(ManagedWorld.OAuthSecret, "another-secret", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, changed.Status);
        await world.StopNodeAsync();
        await world.StartNodeAsync();
        var back = await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}");
        Assert.True(back.Status == HttpStatusCode.OK, back.Body);
    }

    [Fact]
    public async Task Another_projects_refresh_token_is_not_taken()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.PutAsync("connectors/mixpanel", Connection);
        var body = $$"""{"oauthClientId":"{{ManagedWorld.OAuthClient}}","oauthRefreshToken":"{{ManagedWorld.RefreshToken}}","projectId":"99"}""";
        var taken = await world.SendAsync(HttpMethod.Put, "connectors/mixpanel", body, ManagedWorld.Blog);
        Assert.Equal((HttpStatusCode.Conflict, "taken", "oauthRefreshToken"), (taken.Status, taken.Code, taken.Field));
        var own = await world.SendAsync(HttpMethod.Put, "connectors/mixpanel", body.Replace(ManagedWorld.RefreshToken, "another", StringComparison.Ordinal), ManagedWorld.Blog);
        Assert.True(own.Status == HttpStatusCode.OK, own.Body);
    }

    [Fact]
    public async Task The_files_OAuth_fetches_on_schedule_and_wins()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.SaveCohortAsync(901, "Engaged", 2);
        await world.StopNodeAsync();
        await world.StartNodeAsync(File, $"api_key: {ManagedWorld.BrevoKey}\n    pull: {{ cohorts: {{ schedule: every 6h }} }}");
        await Eventually.GetAsync(
            "the cohort", _ => world.GetAsync("user-groups/901/members"), a => a.Body.Contains("\"u002\"", StringComparison.Ordinal), TimeSpan.FromMinutes(4),
            cancellationToken: ManagedWorld.Token);
        var view = (await world.GetAsync("connectors/mixpanel")).Json;
        Assert.Equal(("connected", "config", ManagedWorld.OAuthClient), (view.GetProperty("state").GetString(), view.GetProperty("source").GetString(), view.GetProperty("oauthClientId").GetString()));

        var other = await world.PutAsync("connectors/mixpanel", Connection.Replace(ManagedWorld.RefreshToken, "another", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.Conflict, "declared-in-config", "oauthRefreshToken"), (other.Status, other.Code, other.Field));
        var account = await world.PutAsync("connectors/mixpanel", $$"""{"serviceAccountUser":"u","serviceAccountSecret":"s","projectId":"{{ManagedWorld.ProjectId}}"}""");
        Assert.Equal(("declared-in-config", "serviceAccountUser"), (account.Code, account.Field));
    }

    [Theory]
    [InlineData(ManagedWorld.RefreshToken, false)]
    [InlineData("a-token-that-nobody-gave", true)]
    public async Task Doctor_says_whether_somebody_must_authorise_again(string refreshToken, bool mustAuthorise)
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.StopNodeAsync();
        await world.StartNodeAsync(File.Replace(ManagedWorld.RefreshToken, refreshToken, StringComparison.Ordinal));
        using var output = new StringWriter();
        using var error = new StringWriter();
        await SluiceCommand.RunAsync(
            ["doctor", "--project", "shop", "--format", "json", "--config", world.ConfigFile], new CommandHost { Environment = _ => null },
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, ManagedWorld.Token);
        var said = $"{output}{error}";
        Assert.Equal(mustAuthorise, said.Contains("mixpanel_credentials", StringComparison.Ordinal));
        Assert.Equal(mustAuthorise, said.Contains("(invalid_grant): somebody must authorise again", StringComparison.Ordinal));
        Assert.All([.. Secrets, refreshToken], secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"oauthClientId":"c","projectId":"1"}""", "oauthRefreshToken")]
    [InlineData("""{"oauthRefreshToken":"r","projectId":"1"}""", "oauthClientId")]
    [InlineData("""{"oauthClientSecret":"s","projectId":"1"}""", "oauthClientId")]
    [InlineData("""{"oauthClientId":"c","oauthRefreshToken":"r"}""", "projectId")]
    [InlineData("""{"oauthClientId":"c","oauthRefreshToken":" r","projectId":"1"}""", "oauthRefreshToken")]
    [InlineData("""{"oauthClientId":"c","oauthRefreshToken":"r","projectId":"1","serviceAccountUser":"u","serviceAccountSecret":"s"}""", "oauthClientId")]
    [InlineData("""{"oauthClientId":"c","oauthRefreshToken":"r","projectId":"1","tokenEndpoint":"http://10.0.0.1/"}""", "tokenEndpoint")]
    public async Task Half_of_it_is_refused_and_so_is_an_address(string body, string field)
    {
        await using var world = await ManagedWorld.StartAsync();
        var refused = await world.PutAsync("connectors/mixpanel", body);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request", field), (refused.Status, refused.Code, refused.Field));
        Assert.Equal("none", (await world.GetAsync("connectors/mixpanel")).Json.GetProperty("source").GetString());
    }

    private static async Task SyncedAsync(ManagedWorld world, int people)
    {
        var synced = await world.PostAsync("connectors/mixpanel/cohorts/901/sync", """{"targetList":16}""");
        Assert.True(synced.Status == HttpStatusCode.OK, synced.Body);
        Assert.Equal(people, synced.Json.GetProperty("membersCount").GetInt32());
    }
}
