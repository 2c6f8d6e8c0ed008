using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.Simulators.Tests.Mixpanel;

/// <summary>A call as it arrived.</summary>
internal sealed record ReceivedCall(int Number, string Method, string? ContentType, string? Authorization, string Body)
{
    public JsonElement Root { get; } = JsonDocument.Parse(Body).RootElement;

    public JsonElement Parameters => Root.GetProperty("parameters");

    public string Cohort => Parameters.GetProperty("mixpanel_cohort_id").GetString()!;

    public string Action => Root.GetProperty("action").GetString()!;

    public string Session => Parameters.GetProperty("mixpanel_session_id").GetString()!;

    public int Page => Parameters.GetProperty("page_info").GetProperty("page_count").GetInt32();

    public int Pages => Parameters.GetProperty("page_info").GetProperty("total_pages").GetInt32();

    public string[] Ids =>
    [
        .. Parameters.GetProperty("members").EnumerateArray()
            .Select(static member => member.GetProperty("mixpanel_distinct_id").GetString()!),
    ];

    /// <summary>Such as <c>add_members 1/2: u-1 u-2</c>.</summary>
    public override string ToString() => $"{Action} {Page}/{Pages}: {string.Join(' ', Ids)}".TrimEnd();
}

/// <summary>What the receiver says.</summary>
internal sealed record ScriptedAnswer(int Status, string Body, string ContentType = "application/json")
{
    public static ScriptedAnswer Success(ReceivedCall call) => new(200, $$"""{"action":"{{call.Action}}","status":"success"}""");

    public static ScriptedAnswer Failure(ReceivedCall call, int status, string message = "no") =>
        new(status, $$$"""{"action":"{{{call.Action}}}","status":"failure","error":{"message":"{{{message}}}","code":{{{status}}}}}""");
}

/// <summary>A webhook on loopback that writes down what it gets and answers by a script; without one, always with success.</summary>
internal sealed class ScriptedReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<ReceivedCall> _calls = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    private ScriptedReceiver(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Decides on every call.</summary>
    public Func<ReceivedCall, CancellationToken, Task<ScriptedAnswer>> Script { get; set; } =
        static (call, _) => Task.FromResult(ScriptedAnswer.Success(call));

    /// <summary>The most calls that were inside at the same time.</summary>
    public int MostAtOnce { get; private set; }

    public IReadOnlyList<ReceivedCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    public static async Task<ScriptedReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new ScriptedReceiver(app);
        app.Run(receiver.HandleAsync);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        receiver.Url = new Uri($"{address}/hook");
        return receiver;
    }

    /// <summary>Answers by the call's number, from 1, and with success from the end of the list on.</summary>
    public void Answer(params Func<ReceivedCall, ScriptedAnswer>[] answers) =>
        Script = (call, _) =>
            Task.FromResult(call.Number <= answers.Length ? answers[call.Number - 1](call) : ScriptedAnswer.Success(call));

    /// <summary>Waits until so many calls have arrived.</summary>
    public async Task<IReadOnlyList<ReceivedCall>> ArrivedAsync(int count)
    {
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                if (_calls.Count >= count)
                {
                    return [.. _calls];
                }

                arrived = _arrived.Task;
            }

            await arrived.WaitAsync(CohortSyncBench.Patience, TestContext.Current.CancellationToken);
        }
    }

    public void Forget()
    {
        lock (_gate)
        {
            _calls.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        ReceivedCall call;
        lock (_gate)
        {
            var request = context.Request;
            call = new ReceivedCall(_calls.Count + 1, request.Method, request.ContentType, request.Headers.Authorization, body);
            _calls.Add(call);
            MostAtOnce = Math.Max(MostAtOnce, ++_inside);
            _arrived.TrySetResult();
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            var answer = await Script(call, context.RequestAborted);
            if (answer.Status == 0)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = answer.Status;
            if (answer.ContentType.Length > 0)
            {
                context.Response.ContentType = answer.ContentType;
            }

            // Before the answer, so that the next call of a sequential sender is never counted together with this one.
            Leave();
            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            Leave();
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _inside--;
        }
    }
}
