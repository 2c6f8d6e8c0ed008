using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sluice.Core.Projects;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Health;

/// <summary>Tells an orchestrator whether the program lives and whether it may be sent work.</summary>
internal sealed class HealthEndpoints(
    IReadiness readiness, IHostApplicationLifetime lifetime, TimeProvider timeProvider, ILogger<HealthEndpoints> logger)
{
    public const string LiveRoute = "health_live";
    public const string ReadyRoute = "health_ready";
    public const string LivePattern = "/health/live";
    public const string ReadyPattern = "/health/ready";

    private static readonly byte[] LiveBody = """{"status":"live"}"""u8.ToArray();

    // Anybody may ask; the store is asked for all of them together, at most once in this time.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<Readiness>? _check;
    private long _checkedAt;
    private bool _wasReady = true;

    public static Task HandleLiveAsync(HttpContext context) => IsRead(context)
        ? Answers.WriteAsync(context, StatusCodes.Status200OK, Answers.Json, LiveBody, context.RequestAborted)
        : Task.CompletedTask;

    public async Task HandleReadyAsync(HttpContext context)
    {
        if (!IsRead(context))
        {
            return;
        }

        var found = lifetime.ApplicationStopping.IsCancellationRequested
            ? new Readiness([new ReadinessCheck("server", Ready: false, "stopping")])
            : await CurrentAsync().WaitAsync(context.RequestAborted);
        Report(found);
        await Answers.WriteAsync(
            context,
            found.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            Answers.Json,
            Write(found),
            context.RequestAborted);
    }

    private static bool IsRead(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return true;
        }

        context.Response.Headers.Allow = $"{HttpMethods.Get}, {HttpMethods.Head}";
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return false;
    }

    private Task<Readiness> CurrentAsync()
    {
        lock (_lock)
        {
            if (_check is null || (_check.IsCompleted && timeProvider.GetElapsedTime(_checkedAt) >= Fresh))
            {
                _check = CheckAsync();
                _checkedAt = timeProvider.GetTimestamp();
            }

            return _check;
        }
    }

    private async Task<Readiness> CheckAsync()
    {
        // The port may work before its first await; that must not happen under the lock of the caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var patience = new CancellationTokenSource(Patience, timeProvider);
        try
        {
            return await readiness.CheckAsync(patience.Token).AsTask().WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return new Readiness([new ReadinessCheck("checks", Ready: false, "timed out")]);
        }
        catch (Exception exception)
        {
            GatewayLog.ReadinessFailed(logger, exception);
            return new Readiness([new ReadinessCheck("checks", Ready: false, "failed")]);
        }
    }

    // Once when it begins, not at every probe.
    private void Report(Readiness found)
    {
        var wasReady = Interlocked.Exchange(ref _wasReady, found.IsReady);
        if (wasReady && !found.IsReady)
        {
            GatewayLog.NotReady(
                logger, string.Join(", ", found.Checks.Where(check => !check.Ready).Select(check => $"{check.Name} {check.State}")));
        }
    }

    private static ReadOnlyMemory<byte> Write(Readiness found)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("status", found.IsReady ? "ready" : "unavailable");
            writer.WriteStartObject("checks");
            foreach (var check in found.Checks)
            {
                writer.WriteString(check.Name, check.State);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }
}
