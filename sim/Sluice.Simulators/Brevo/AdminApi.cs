using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Sluice.Simulators.Brevo;

/// <summary>The administration under <c>/_sim/</c>: what a demo or a script uses to look and to make things happen.</summary>
internal sealed class AdminApi(BrevoSimulator simulator, BrevoAccount account)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.StartsWith("/_sim", StringComparison.Ordinal))
        {
            await WriteAsync(context, BrevoAnswer.Error(404, "document_not_found", "Route not found"));
            return;
        }

        var segments = path["/_sim".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        BrevoAnswer answer;
        try
        {
            answer = (context.Request.Method, segments) switch
            {
                ("GET", []) => Text(StatePage.Render(simulator), "text/html; charset=utf-8"),
                ("GET", ["state"]) => Object(State()),
                ("GET", ["files", var name]) => Download(name),
                ("GET", ["faults"]) => Object(simulator.Faults.Rules),
                ("GET", ["contacts", var email]) => Object(simulator.ContactByEmail(email)
                    ?? throw BrevoRefusal.NotFound("Contact does not exist")),
                ("GET", ["lists", var list, "members"]) => Object(simulator.ListEmails(List(list))),
                ("DELETE", ["faults"]) => Done(simulator.Faults.Clear),
                ("DELETE", ["faults", var id]) => Found(simulator.Faults.Remove((int)Number(id))),
                ("POST", _) => Post(segments, await BodyAsync(context)),
                _ => BrevoAnswer.Error(404, "document_not_found", "Route not found"),
            };
        }
        catch (BrevoRefusal refusal)
        {
            answer = refusal.Answer;
        }
        catch (JsonException exception)
        {
            answer = BrevoAnswer.Error(400, "bad_request", exception.Message);
        }

        await WriteAsync(context, answer);
    }

    private BrevoAnswer Post(string[] segments, JsonElement body) => segments switch
    {
        ["reset"] => Done(simulator.Reset),
        ["faults"] => BrevoAnswer.Id(201, "id", simulator.Faults.Add(
            body.Deserialize<BrevoFault>(Json) ?? throw BrevoRefusal.Missing("body is missing"))),
        ["lists"] => BrevoAnswer.Id(201, "id", CreateList(body)),
        ["lists", var list, "members"] => Done(() => AddMembers(List(list), body)),
        ["contacts", "unsubscribe"] => Found(simulator.Unsubscribe(Email(body), body.Number("listId") is { } id ? Known(id) : null)),
        ["contacts", "delete"] => Found(simulator.DeleteContact(Email(body))),
        ["contacts", "hard-bounce"] => Found(simulator.HardBounce(Email(body))),
        ["contacts", "soft-bounce"] => Found(simulator.SoftBounce(Email(body))),
        ["contacts", "spam"] => Found(simulator.Spam(Email(body))),
        ["contacts", "foreign"] => Done(() => simulator.AddForeignContacts(
            (int)(body.Number("count") ?? throw BrevoRefusal.Missing("count is missing")),
            body.Number("listId") is { } id ? Known(id) : null,
            body.Text("prefix") ?? "foreign")),
        ["clock"] => Done(() => Advance(body)),
        _ => BrevoAnswer.Error(404, "document_not_found", "Route not found"),
    };

    private object State() => new
    {
        Now = account.Now,
        simulator.BaseUrl,
        Contacts = simulator.ContactCount,
        simulator.Lists,
        Processes = simulator.Processes.Reverse().Take(50),
        Events = simulator.Events.Count,
        simulator.DroppedEvents,
        Calls = new
        {
            simulator.Calls.Total,
            simulator.Calls.ByEndpoint,
            simulator.Calls.ByStatus,
            simulator.Calls.BudgetViolationCount,
            Buckets = Enum.GetValues<BrevoBucket>().ToDictionary(bucket => bucket, bucket => simulator.Calls.Use(bucket)),
            Last = simulator.Calls.Last.Reverse().Take(50),
        },
        Deliveries = simulator.Deliveries.Reverse().Take(50),
        Faults = simulator.Faults.Rules,
    };

    private BrevoAnswer Download(string name)
    {
        lock (account.Gate)
        {
            return account.Files.Find(name) is { } content
                ? new BrevoAnswer(200, content, "text/csv; charset=utf-8")
                : BrevoAnswer.Error(404, "document_not_found", "File not found");
        }
    }

    private long CreateList(JsonElement body)
    {
        lock (account.Gate)
        {
            if (body.Number("id") is { } id && account.Lists.Lists.ContainsKey(id))
            {
                throw BrevoRefusal.Invalid("List ID is taken");
            }

            return simulator.CreateList(body.Text("name") ?? throw BrevoRefusal.Missing("name is missing"), body.Number("id"));
        }
    }

    private void AddMembers(long list, JsonElement body)
    {
        foreach (var email in body.Texts("emails") ?? throw BrevoRefusal.Missing("emails is missing"))
        {
            simulator.AddToList(list, email);
        }
    }

    private void Advance(JsonElement body)
    {
        if (account.Options.Clock is not ManualClock clock)
        {
            throw BrevoRefusal.Of(409, "not_acceptable", "The simulator runs on real time");
        }

        clock.Advance(TimeSpan.FromSeconds(body.Number("seconds") ?? throw BrevoRefusal.Missing("seconds is missing")));
    }

    private long List(string text) => Known(Number(text));

    private long Known(long id)
    {
        lock (account.Gate)
        {
            return account.Lists.Get(id).Id;
        }
    }

    private static string Email(JsonElement body) => body.Text("email") ?? throw BrevoRefusal.Missing("email is missing");

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw BrevoRefusal.Invalid("A number was expected in the path");

    private static BrevoAnswer Object<T>(T value) => Text(JsonSerializer.Serialize(value, Json), "application/json");

    private static BrevoAnswer Text(string text, string contentType) => new(200, Encoding.UTF8.GetBytes(text), contentType);

    private static BrevoAnswer Found(bool found) =>
        found ? BrevoAnswer.NoContent : BrevoAnswer.Error(404, "document_not_found", "There is no such thing");

    private static BrevoAnswer Done(Action action)
    {
        action();
        return BrevoAnswer.NoContent;
    }

    private static async Task<JsonElement> BodyAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return JsonSerializer.Deserialize<JsonElement>(buffer.Length == 0 ? "{}"u8 : buffer.ToArray(), Json);
    }

    private static async Task WriteAsync(HttpContext context, BrevoAnswer answer)
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
