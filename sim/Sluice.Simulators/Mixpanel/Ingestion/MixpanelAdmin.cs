using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>The administration under <c>/_sim/</c>: what a demo or a script uses to look and to make things happen.</summary>
internal sealed class MixpanelAdmin(MixpanelSimulator simulator)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly MixpanelAnswer Done = new(204, default, "application/json");

    private static readonly MixpanelAnswer Missing = MixpanelAnswer.Error(404, "There is no such thing");

    public async Task HandleAsync(HttpContext context)
    {
        var segments = (context.Request.Path.Value ?? "")["/_sim".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        MixpanelAnswer answer;
        try
        {
            answer = (context.Request.Method, segments) switch
            {
                ("GET", []) => MixpanelAnswer.Text(MixpanelStatePage.Render(simulator), "text/html; charset=utf-8"),
                ("GET", ["state"]) => Object(State()),
                ("GET", ["calls"]) => Object(simulator.Calls.Last),
                ("GET", ["faults"]) => Object(simulator.Faults.Rules),
                ("GET", ["projects", var id, var part]) => Part(id, part),
                ("GET", ["projects", var id, "profiles", var distinctId]) =>
                    simulator.Profile(id, distinctId) is { } profile ? Object(profile) : Missing,
                ("DELETE", ["faults"]) => Do(simulator.Faults.Clear),
                ("DELETE", ["faults", var id]) =>
                    int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && simulator.Faults.Remove(number)
                        ? Done
                        : Missing,
                ("POST", ["reset"]) => Do(simulator.Reset),
                ("POST", ["faults"]) => AddFault(await BodyAsync(context)),
                ("POST", ["clock"]) => Advance(await BodyAsync(context)),
                ("POST" or "DELETE", ["projects", var id, .. var rest]) =>
                    DeskAdmin.TryDo(simulator.Desk(id), context.Request.Method, rest, await BodyAsync(context), Json) ? Done : Missing,
                _ => Missing,
            };
        }
        catch (JsonException exception)
        {
            answer = MixpanelAnswer.Error(400, exception.Message);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or ArgumentException)
        {
            // A part of the body is of another kind than it has to be.
            answer = MixpanelAnswer.Error(400, exception.Message);
        }
        catch (KeyNotFoundException exception)
        {
            answer = MixpanelAnswer.Error(404, exception.Message);
        }

        await WriteAsync(context, answer);
    }

    private MixpanelAnswer Part(string projectId, string part) => part switch
    {
        "events" => Object(simulator.Events(projectId)),
        "query-events" => Object(simulator.QueryEvents(projectId)),
        "profiles" => Object(simulator.Profiles(projectId)),
        "groups" => Object(simulator.Groups(projectId)),
        "clusters" => Object(simulator.Clusters(projectId)),
        "cohorts" => Object(simulator.Desk(projectId).Cohorts),
        "funnels" => Object(simulator.Desk(projectId).Funnels),
        "lookup-tables" => Object(simulator.LookupTables(projectId)),
        _ => Missing,
    };

    private object State() => new
    {
        Now = simulator.Options.Clock.GetUtcNow(),
        Hosts = Enum.GetValues<MixpanelResidency>().ToDictionary(
            residency => residency.ToString(),
            residency => Enum.GetValues<MixpanelFamily>().ToDictionary(family => family.ToString(), family => simulator.UrlOf(residency, family))),
        Projects = simulator.Options.Projects.Select(project => new
        {
            project.Id,
            project.Residency,
            project.Identity,
            Holds = simulator.Summary(project.Id),
            simulator.Desk(project.Id).Queries,
            simulator.Desk(project.Id).Exports,
        }),
        simulator.Strangers,
        Calls = new
        {
            simulator.Calls.Total,
            simulator.Calls.ByEndpoint,
            simulator.Calls.ByStatus,
            simulator.Calls.BudgetViolationCount,
        },
        Faults = simulator.Faults.Rules,
    };

    private MixpanelAnswer AddFault(JsonElement body)
    {
        var fault = body.Deserialize<MixpanelFault>(Json) ?? throw new JsonException("body is missing");
        return Object(new { id = simulator.Faults.Add(fault) }) with { Status = 201 };
    }

    private MixpanelAnswer Advance(JsonElement body)
    {
        if (simulator.Options.Clock is not ManualClock clock)
        {
            return MixpanelAnswer.Error(409, "The simulator runs on real time");
        }

        if (!body.TryGetProperty("seconds", out var seconds) || !seconds.TryGetInt64(out var number) || number < 0)
        {
            return MixpanelAnswer.Error(400, "seconds is missing");
        }

        clock.Advance(TimeSpan.FromSeconds(number));
        return Done;
    }

    private static MixpanelAnswer Object<T>(T value) =>
        new(200, JsonSerializer.SerializeToUtf8Bytes(value, Json), "application/json");

    private static MixpanelAnswer Do(Action action)
    {
        action();
        return Done;
    }

    private static async Task<JsonElement> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        return JsonElement.Parse(text.Length == 0 ? "{}" : text);
    }

    private static async Task WriteAsync(HttpContext context, MixpanelAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        if (!answer.Body.IsEmpty)
        {
            context.Response.ContentType = answer.ContentType;
            context.Response.ContentLength = answer.Body.Length;
            await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
        }
    }
}
