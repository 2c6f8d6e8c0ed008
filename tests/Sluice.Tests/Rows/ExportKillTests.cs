using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Commands;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;
using Sluice.Tests.Commands;

namespace Sluice.Tests.Rows;

/// <summary><c>sluice export</c>, killed again and again in the midst of its calls and repeated: in the end every event is there once.</summary>
public sealed class ExportKillTests
{
    private const string Id = "4100200";
    private const string Path = "/api/2.0/export";
    private const int Days = 8;
    private const int Kills = 5;

    /// <summary>How many events a day has; more on a machine that has the time.</summary>
    private const string SizeVariable = "SLUICE_TEST_EXPORT_EVENTS";

    // Behind so many lines bytes of them are in the file.
    private const int CertainlyWritten = 3_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly DateOnly To = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-2);
    private static readonly DateOnly From = To.AddDays(1 - Days);

    private static CancellationToken Token => CommandHome.Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_again_and_again_an_export_has_every_event_once(bool gzip)
    {
        var eventsPerDay = int.TryParse(Environment.GetEnvironmentVariable(SizeVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 10_000;
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Id = Id }], Limits = new MixpanelLimits { ExportsPerHour = 1_000, ExportsPerSecond = 1_000 } }, Token);
        mixpanel.Desk(Id).Generate(new MixpanelGenerated(From, To, eventsPerDay));
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        var config = await File.ReadAllTextAsync(home.ConfigFile, Token);
        await File.WriteAllTextAsync(
            home.ConfigFile,
            config.Replace(
                "enabled: true",
                $$"""
                enabled: true
                    service_account: { username: simulator.account, secret: simulator-secret }
                    endpoints: { export: "{{mixpanel.ExportUrl.AbsoluteUri}}api/2.0" }
                """,
                StringComparison.Ordinal),
            Token);
        using var folder = new TempFolder();
        var file = folder.Combine("events");
        string[] arguments =
        [
            "export", "--source", "mixpanel", "--from", Text(From), "--to", Text(To), "--days", "1", "--output", file, .. gzip ? (string[])["--gzip"] : [], "--config", home.ConfigFile,
        ];
        for (var kill = 0; kill < Kills; kill++)
        {
            // The first or second call of this run stops somewhere in its midst, and there the program is killed.
            var lines = random.Next(1, eventsPerDay);
            await ForgetCallsAsync(home);
            mixpanel.Faults.Clear();
            mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = Path, Nth = random.Next(1, 3), Effect = MixpanelFaultEffect.SlowBody(lines, TimeSpan.FromHours(1)) });
            await using var program = ChildProcess.Sluice(arguments);
            await Eventually.TrueAsync(
                $"kill {kill}, behind {lines} lines",
                () => program.HasExited || (mixpanel.Faults.Rules[0].Fired > 0 && (lines < CertainlyWritten || new FileInfo(file + ".part").Length > WholeBytes(file))), Patience, cancellationToken: Token);
            Assert.False(program.HasExited, string.Join('\n', program.Errors));
            await program.KillAsync(Token);
            Assert.False(File.Exists(file));
        }

        await ForgetCallsAsync(home);
        mixpanel.Faults.Clear();
        await using (var last = ChildProcess.Sluice(arguments))
        {
            var code = await last.WaitForExitAsync(Patience, Token);
            Assert.True(code == 0, string.Join('\n', last.Errors));
        }

        await using var written = File.OpenRead(file);
        var there = await SumAsync(gzip ? new GZipStream(written, CompressionMode.Decompress) : written);
        Assert.Equal(Days * eventsPerDay, there.Count);
        Assert.Equal(await TruthAsync(mixpanel), there);
        Assert.Equal([file], Directory.GetFiles(folder.Path));
    }

    /// <summary>
    /// A store without books: a call whose end nobody saw counts there for two minutes, and of three such the next would have to wait. What an export
    /// goes on with is beside its file.
    /// </summary>
    private static Task ForgetCallsAsync(CommandHome home)
    {
        var folder = Directory.GetParent(home.StoreFile)!;
        folder.Delete(recursive: true);
        folder.Create();
        return home.WithStoreAsync(_ => Task.CompletedTask);
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>What the state beside the file calls whole; nothing before there is one.</summary>
    private static long WholeBytes(string file)
    {
        if (!File.Exists(file + ".part.state"))
        {
            return 0;
        }

        using var state = JsonDocument.Parse(File.ReadAllBytes(file + ".part.state"));
        return state.RootElement.GetProperty("Length").GetInt64();
    }

    private static async Task<(long Count, int Different, ulong Sum)> TruthAsync(MixpanelSimulator mixpanel)
    {
        using var http = new HttpClient(CommandHost.Process.Http());
        http.DefaultRequestHeaders.Add("Authorization", "Basic " + Convert.ToBase64String("simulator.account:simulator-secret"u8));
        await using var stream = await http.GetStreamAsync(
            new Uri(mixpanel.ExportUrl, $"{Path}?project_id={Id}&from_date={Text(From)}&to_date={Text(To)}&time_in_ms=true"), Token);
        return await SumAsync(stream);
    }

    /// <summary>How many lines there are, how many different ones, and the sum of their hashes, whatever their order.</summary>
    private static async Task<(long Count, int Different, ulong Sum)> SumAsync(Stream lines)
    {
        using var reader = new StreamReader(lines);
        var (count, sum, seen) = (0L, 0UL, new HashSet<ulong>());
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            var hash = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
            count++;
            seen.Add(hash);
            sum = unchecked(sum + hash);
        }

        return (count, seen.Count, sum);
    }
}
