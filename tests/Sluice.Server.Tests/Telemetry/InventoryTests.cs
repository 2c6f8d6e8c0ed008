using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Sluice.Server.Hosting;
using Sluice.Server.Telemetry;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Telemetry;

public sealed class InventoryTests
{
    private const string Document = "docs/telemetry.md";
    private const string Chapter = "## Gateway";

    [Fact]
    public void The_document_lists_exactly_the_instruments_that_are_made()
    {
        using var meters = new MeterCapture();
        _ = new GatewayMetrics(meters);

        var made = meters.Instruments.Select(one => string.Join(" | ", one.Name, KindOf(one), one.Unit, one.Description));

        Assert.Equal(made.Order(StringComparer.Ordinal), Rows("Metrics").Select(row => string.Join(" | ", row[0], row[1], row[2], row[4])).Order(StringComparer.Ordinal));
        Assert.All(meters.Instruments, one => Assert.Equal("Sluice.Server", one.Meter.Name));
    }

    [Fact]
    public async Task Every_measurement_carries_exactly_the_tags_that_the_document_names()
    {
        using var folder = new TempFolder();
        await using var gateway = await Gateway.StartAsync(options => options with { MaxBodyBytes = 8192 });
        await SecretsTests.EverythingThatCanHappenAsync(gateway);
        var metrics = new GatewayMetrics(gateway.Meters);
        // What cannot happen over a loopback socket without TLS.
        metrics.PlainHttpRefused();
        metrics.BodyBudgetRefused();
        metrics.CertificateReloaded(loaded: true);

        var documented = Rows("Metrics").ToDictionary(row => row[0], row => row[3]);
        var seen = gateway.Meters.All
            .Where(one => one.Instrument.StartsWith("sluice.", StringComparison.Ordinal))
            .GroupBy(one => one.Instrument)
            .ToDictionary(group => group.Key, group => group.Select(one => string.Join(", ", one.Tags.Keys)).Distinct());

        Assert.Equal(documented.Keys.Order(StringComparer.Ordinal), seen.Keys.Order(StringComparer.Ordinal));
        Assert.All(seen, one => Assert.Equal(documented[one.Key], Assert.Single(one.Value)));
    }

    [Fact]
    public void The_document_lists_exactly_the_log_lines()
    {
        var lines = typeof(GatewayLog).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()!)
            .Select(line => $"{line.EventId} | {line.Level.ToString().ToLowerInvariant()} | {line.Message}")
            .ToList();
        var ids = typeof(EventIds).GetFields().Select(field => (int)field.GetRawConstantValue()!).ToList();

        Assert.Equal(lines.Order(StringComparer.Ordinal), Rows("Log lines").Select(row => string.Join(" | ", row[0], row[1], row[2])).Order(StringComparer.Ordinal));
        Assert.Equal(ids.Order(), lines.Select(line => int.Parse(line[..4])).Order());
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id, 1000, 1999));
    }

    [Fact]
    public void The_frameworks_own_chatter_is_kept_out_of_the_log_below_warnings()
    {
        var capture = new LogCapture();
        var factory = new FrameworkLoggers(capture);
        var framework = factory.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");
        var own = factory.CreateLogger("Sluice.Server.Anything");
        using (framework.BeginScope(new Dictionary<string, object> { ["RequestPath"] = "/token" }))
        {
            framework.Log(LogLevel.Information, "GET /token");
            framework.Log(LogLevel.Warning, "warning");
            own.Log(LogLevel.Trace, "own");
        }

        Assert.False(framework.IsEnabled(LogLevel.Information));
        Assert.Equal(["warning", "own"], capture.Lines.Select(line => line.Text));
        Assert.DoesNotContain(capture.Lines, line => line.Everything.Contains("/token", StringComparison.Ordinal));
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Histogram" => "histogram",
        "Counter" => "counter",
        "UpDownCounter" => "up-down counter",
        var other => other,
    };

    private static List<string[]> Rows(string section)
    {
        var lines = File.ReadAllLines(Repository.Combine(Document))
            .SkipWhile(line => line != Chapter)
            .SkipWhile(line => line != $"### {section}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith('|'))
            .Skip(2);
        return [.. lines.Select(line => line.Trim('|', ' ').Split('|').Select(cell => cell.Trim().Trim('`')).ToArray())];
    }
}
