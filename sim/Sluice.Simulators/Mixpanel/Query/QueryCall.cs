using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>A query or export of a project that is known, with its parameters.</summary>
internal sealed class QueryCall
{
    private static readonly DateOnly FirstDay = new(2000, 1, 1);

    private readonly JsonObject _json = [];

    public QueryCall(World world, ProjectState project, IngestionRequest request)
    {
        (World, Project, Request) = (world, project, request);
        if (request.MediaType == "application/json" && request.Body.Length > 0)
        {
            // Only the profile query is known to take JSON; here all do.
            _json = Parse(Encoding.UTF8.GetString(request.Body), "body") as JsonObject ?? throw Bad("body is no JSON object");
        }
    }

    public World World { get; }

    public ProjectState Project { get; }

    public IngestionRequest Request { get; }

    public MixpanelQueryOptions Options => World.Options.Query;

    /// <summary>The form is read before the credentials are looked at: older clients put the project's id there.</summary>
    public static void ReadForm(IngestionRequest request)
    {
        if (request.MediaType == "application/x-www-form-urlencoded")
        {
            request.Form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(request.Body));
        }
    }

    public MixpanelRefusal Bad(string error) => Refusal(400, error);

    public MixpanelRefusal Refusal(int status, string error) => new(QueryAnswer.Error(Request, status, error));

    public string? Text(string name) => Request.Parameter(name) ?? (_json[name] is { } node ? JsonTree.AsId(node) : null);

    public string Required(string name) => Text(name) is { Length: > 0 } value ? value : throw Bad($"Missing required parameter: {name}");

    public bool? Flag(string name) => Text(name) switch
    {
        null or "" => null,
        "true" or "True" or "1" => true,
        "false" or "False" or "0" => false,
        _ => throw Bad($"Invalid value for {name}"),
    };

    /// <summary>A whole number between two.</summary>
    public int? Number(string name, int least, int most) => Text(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Bad($"Invalid value for {name}: must be a number from {least} to {most}");

    public string OneOf(string name, string otherwise, params string[] values) => Text(name) is not { Length: > 0 } text ? otherwise
        : values.Contains(text) ? text
        : throw Bad($"Invalid value for {name}: must be one of {string.Join(", ", values)}");

    public JsonNode? Json(string name) => Text(name) is { Length: > 0 } text ? Parse(text, name) : null;

    /// <summary>A list of texts, which stands in a parameter as JSON.</summary>
    public IReadOnlyList<string>? Texts(string name) => Json(name) switch
    {
        null => null,
        JsonArray list when list.All(item => item is JsonValue) => [.. list.Select(item => JsonTree.AsId(item)!)],
        _ => throw Bad($"{name} must be a JSON array of strings"),
    };

    /// <summary>The expression of a parameter, or null; it is read, so that a wrong one is refused even when there is no record.</summary>
    public Expression? Expression(string name)
    {
        try
        {
            return Text(name) is { Length: > 0 } text ? Expressions.Expression.Parse(text) : null;
        }
        catch (ExpressionException exception)
        {
            throw Bad($"Error in {name}: {exception.Message}");
        }
    }

    /// <summary>The days that are asked for, both included; refused when the plan does not reach back so far.</summary>
    public (DateOnly From, DateOnly To) Days(DateOnly? from = null, DateOnly? to = null)
    {
        var first = Day("from_date", from);
        var last = Day("to_date", to);
        if (first > last)
        {
            throw Bad("from_date cannot be later than to_date");
        }

        return Project.Settings.HistoryDays is { } days && first < Today.AddDays(-days)
            ? throw Refusal(403, $"Date range exceeds {days} days into the past")
            : (first, last);
    }

    public DateOnly Today => Project.Zone.DayOf(World.Now);

    private DateOnly Day(string name, DateOnly? otherwise)
    {
        if (otherwise is { } day && Text(name) is null)
        {
            return day;
        }

        var text = Required(name);
        return !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day)
                ? throw Bad($"Error in {name}: invalid date, must be yyyy-mm-dd")
            : day < FirstDay ? throw Bad($"Error in {name}: invalid date, bad year")
            : day;
    }

    private JsonNode? Parse(string text, string name)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw Bad($"{name} is not valid JSON");
        }
    }
}
