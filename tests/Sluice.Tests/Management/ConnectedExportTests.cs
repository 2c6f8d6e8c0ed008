using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sluice.Commands;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary><c>sluice export</c> opens Mixpanel with what was connected by the management API, beside the server that goes on.</summary>
public sealed class ConnectedExportTests
{
    private const int Events = 50;

    [Theory]
    [InlineData($$"""{"serviceAccountUser":"{{ManagedWorld.Account}}","serviceAccountSecret":"{{ManagedWorld.AccountSecret}}","projectId":"{{ManagedWorld.ProjectId}}"}""")]
    [InlineData($$"""{"oauthClientId":"{{ManagedWorld.OAuthClient}}","oauthClientSecret":"{{ManagedWorld.OAuthSecret}}","oauthRefreshToken":"{{ManagedWorld.RefreshToken}}","projectId":"{{ManagedWorld.ProjectId}}"}""")]
    public async Task What_was_connected_opens_the_export(string connection)
    {
        using var folder = new TempFolder();
        await using var world = await ManagedWorld.StartAsync();
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-2);
        world.Mixpanel.Desk(ManagedWorld.ProjectId).Generate(new MixpanelGenerated(day, day, Events));
        var none = await RunAsync(world, folder, day);
        Assert.Equal(ExitCode.Config, none.Code);
        Assert.Contains("connect them by the management API", none.Error, StringComparison.Ordinal);

        await world.PutAsync("connectors/mixpanel", connection);
        for (var run = 0; run < 2; run++)
        {
            var (code, output, error) = await RunAsync(world, folder, day);
            Assert.True(code == ExitCode.Ok, error);
            Assert.Equal(Events, JsonElement.Parse(output).GetProperty("events").GetInt32());
        }

        // A pause is one for commands, too.
        await world.PostAsync("connectors/mixpanel/pause");
        Assert.Equal(ExitCode.Config, (await RunAsync(world, folder, day)).Code);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(ManagedWorld world, TempFolder folder, DateOnly day)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var date = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var code = await SluiceCommand.RunAsync(
            ["export", "--source", "mixpanel", "--project", "shop", "--from", date, "--to", date, "--output", folder.Combine("events.ndjson"), "--restart", "--format", "json", "--config", world.ConfigFile],
            new CommandHost { Environment = _ => null }, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, ManagedWorld.Token);
        return (code, output.ToString(), error.ToString());
    }
}
