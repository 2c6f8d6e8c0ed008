using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Sluice.Simulators.Brevo;

namespace Sluice.Simulators.Tests.Brevo;

/// <summary>Node and the installed official client; both can be missing on a developer's machine, neither in CI.</summary>
public sealed class BrevoSdk : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Why it cannot run here, or null.</summary>
    public string? Missing { get; private set; }

    private static string Folder => Path.Combine(Root(), "tests", "Sluice.Simulators.Tests", "brevo-sdk");

    public async ValueTask InitializeAsync()
    {
        try
        {
            await RunAsync("node", "--version");
        }
        catch (Win32Exception)
        {
            Missing = "node is not installed";
            return;
        }

        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "@getbrevo", "brevo")))
        {
            await RunAsync("npm", "ci", "--no-audit", "--no-fund");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    // Not from the path of this file: builds for release replace that by one that exists nowhere.
    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Sluice.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run below the repository.");
        }

        return folder;
    }
}

public sealed class OfficialClientTests(BrevoSdk sdk) : IClassFixture<BrevoSdk>
{
    [Fact]
    public async Task Brevos_own_node_client_works_against_the_simulator()
    {
        if (sdk.Missing is { } reason)
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null or "" or "false", reason);
            Assert.Skip(reason);
        }

        await using var brevo = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions
            {
                ApiKey = "xkeysib-sdk",
                Limits = BrevoHarness.WideLimits,
                ImportQueueTime = TimeSpan.FromMilliseconds(20),
                ImportBaseTime = TimeSpan.FromMilliseconds(100),
            },
            TestContext.Current.CancellationToken);

        using var seen = JsonDocument.Parse(await BrevoSdk.RunAsync("node", "drive.mjs", brevo.BaseUrl.ToString(), "xkeysib-sdk"));

        Sees("account", """{"email":"owner@account.test","relay":587}""");
        Sees("attributes", """["normal:EMAIL:text","normal:SMS:text","normal:FIRSTNAME:text","normal:LASTNAME:text","normal:LTV:float","category:TIER:"]""");
        Sees("createdId", "1");
        Sees("upsert", "null");
        Sees("contact", """{"id":1,"attributes":{"EXT_ID":"u1","LTV":13,"TIER":1,"FIRSTNAME":"Jane","LASTNAME":"Kim"},"listIds":[],"blacklisted":false}""");
        Sees("conflict", """{"status":400,"duplicates":["email"]}""");
        Sees("added", """{"success":["jane@example.test"],"failure":["ghost@example.test"]}""");
        Sees("members", """{"count":1,"emails":["jane@example.test"]}""");
        Sees("removed", """{"success":[1],"failure":[]}""");
        Sees("process", """{"status":"completed","name":"IMPORTUSER"}""");
        Sees("invalid", """
            "EMAIL;EXT_ID;SMS;WHATSAPP;LANDLINE_NUMBER\nnot an address;;;;\n"
            """.Trim());
        Sees("imported", """["a@example.test","b@example.test"]""");
        Sees("listed", "2");
        Sees("webhooks", """[{"id":1,"events":["unsubscribed","contactDeleted"]}]""");
        Sees("webhooksLeft", "0");
        Sees("batchCount", "1");
        Sees("events", """["e1"]""");
        Sees("gone", "404");
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);

        void Sees(string name, string json) => Assert.Equal(json, seen.RootElement.GetProperty(name).GetRawText());
    }
}
