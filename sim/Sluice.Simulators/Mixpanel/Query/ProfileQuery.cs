using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>The profile query, page by page.</summary>
internal static class ProfileQuery
{
    private const int MaxIds = 2_000;

    // Mixpanel's words for a page of a result that it does not have any more.
    private const string NoResult = "request for page in uncached query for params";

    private static readonly string[] Filters =
    [
        "where", "distinct_id", "distinct_ids", "data_group_id", "filter_by_cohort", "include_all_users", "behaviors", "as_of_timestamp", "output_properties",
        "sort_key", "sort_order", "search", "limit", "page_size",
    ];

    public static MixpanelAnswer Handle(QueryCall call)
    {
        var page = call.Number("page", 0, int.MaxValue) ?? 0;
        var filters = string.Join('\n', Filters.Select(name => $"{name}={call.Text(name)}"));
        var sessionId = call.Text("session_id") ?? "";
        IReadOnlyList<ProfileMatch>? result;
        if (page == 0)
        {
            result = Select(call);
            sessionId = call.Project.Sessions.Open(filters, result, call.World.Now, call.Options.SessionLife);
        }
        else
        {
            // A result that depends on the moment is kept only for a query that names its moment.
            var isPinned = call.Text("behaviors") is null || call.Text("as_of_timestamp") is not null;
            if (sessionId.Length == 0)
            {
                throw call.Bad("Missing required parameter: session_id");
            }

            if (!isPinned || !call.Project.Sessions.TryContinue(sessionId, filters, call.World.Now, call.Options.SessionLife, out result))
            {
                throw call.Bad(NoResult);
            }

            result = call.Options.PagesFollowChanges ? Select(call) : result;
        }

        // A page never has more than the published number, whatever is asked for.
        var size = Math.Min(call.Number("page_size", 1, int.MaxValue) ?? call.Options.PageSize, call.Options.PageSize);
        var shown = result.Skip((int)Math.Min((long)page * size, int.MaxValue)).Take(size).ToArray();
        var output = call.Texts("output_properties");
        var answer = new JsonObject
        {
            ["status"] = "ok",
            ["page"] = page,
            ["page_size"] = size,
            ["session_id"] = sessionId,
        };
        if (page == 0 || !call.Options.TotalOnFirstPageOnly)
        {
            answer["total"] = result.Count;
        }

        answer["results"] = new JsonArray([.. shown.Select(match => Row(call, match, output))]);
        return QueryAnswer.Json(answer) with { Records = shown.Length };
    }

    /// <summary>Who is in a cohort now: every person once, under the canonical id.</summary>
    public static IReadOnlyCollection<string> Members(ProjectState project, MixpanelCohort cohort) =>
        [.. cohort.Members.Select(project.Identity.Canonical).Distinct(StringComparer.Ordinal)];

    private static JsonObject Row(QueryCall call, ProfileMatch match, IReadOnlyList<string>? output)
    {
        var properties = output is null
            ? (JsonObject)match.Properties.DeepClone()
            : new JsonObject(output.Distinct().Where(match.Properties.ContainsKey).Select(name =>
                KeyValuePair.Create(name, match.Properties[name]?.DeepClone())));
        return new JsonObject
        {
            ["$distinct_id"] = call.Options.NumericDistinctIds && IsNumber(match.DistinctId)
                ? JsonValue.Create(long.Parse(match.DistinctId, CultureInfo.InvariantCulture))
                : JsonValue.Create(match.DistinctId),
            ["$properties"] = properties,
        };
    }

    private static bool IsNumber(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == id;

    private static IReadOnlyList<ProfileMatch> Select(QueryCall call)
    {
        var where = call.Expression("where");
        var behaviors = BehaviorCounts.Read(call);
        var order = ProfileOrder.Read(call);
        var found = where is null ? Candidates(call) : Candidates(call).Where(match => where.Keeps(Scope(match)));
        return order.Arrange(found, Scope);

        ExpressionScope Scope(ProfileMatch match) => new((source, name) => source switch
        {
            "behaviors" => behaviors.Count(match.DistinctId, name),
            _ => name == "$distinct_id" ? ExpressionValue.Of(match.DistinctId) : ExpressionValue.Of(match.Properties, name),
        });
    }

    private static IEnumerable<ProfileMatch> Candidates(QueryCall call)
    {
        var project = call.Project;
        var cohort = Cohort(call);
        var all = call.Flag("include_all_users") ?? true;
        if (call.Text("data_group_id") is { Length: > 0 } group)
        {
            var key = project.Settings.GroupKeys.FirstOrDefault(known => DataGroups.IdOf(known).ToString(CultureInfo.InvariantCulture) == group)
                ?? throw call.Bad($"Invalid data_group_id {group}");
            return project.Groups.All.Where(profile => profile.Key.Key == key)
                .Select(profile => new ProfileMatch(profile.Key.Id, profile.Value.Properties));
        }

        if (Ids(call) is { } ids)
        {
            return ids.Select(project.Identity.Canonical).Distinct(StringComparer.Ordinal)
                .Where(project.Profiles.All.ContainsKey)
                .Select(id => new ProfileMatch(id, project.Profiles.All[id].Properties));
        }

        return cohort is null
            ? project.Profiles.All.Select(profile => new ProfileMatch(profile.Key, profile.Value.Properties))
            : Members(project, cohort)
                .Where(id => all || project.Profiles.All.ContainsKey(id))
                .Select(id => new ProfileMatch(id, project.Profiles.Find(id) ?? []));
    }

    private static IReadOnlyList<string>? Ids(QueryCall call)
    {
        var one = call.Text("distinct_id");
        var many = call.Texts("distinct_ids");
        if (one is not null && many is not null)
        {
            throw call.Bad("distinct_id and distinct_ids exclude each other");
        }

        return many is { Count: > MaxIds } ? throw call.Bad($"distinct_ids must not have more than {MaxIds} ids")
            : one is { Length: > 0 } ? [one]
            : many;
    }

    private static MixpanelCohort? Cohort(QueryCall call)
    {
        if (call.Json("filter_by_cohort") is not { } filter)
        {
            return null;
        }

        if (call.Text("behaviors") is not null)
        {
            throw call.Bad("filter_by_cohort and behaviors exclude each other");
        }

        return JsonTree.AsId((filter as JsonObject)?["id"]) is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && call.Project.Cohorts.TryGetValue(id, out var cohort)
                ? cohort
                : throw call.Bad("filter_by_cohort names no cohort of the project");
    }
}
