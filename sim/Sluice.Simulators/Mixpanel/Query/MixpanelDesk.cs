using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>A project from behind: what is laid down in it without a call, and what its calls have used. A reset forgets it all.</summary>
public sealed class MixpanelDesk
{
    private readonly World _world;
    private readonly string _projectId;

    internal MixpanelDesk(World world, string projectId) => (_world, _projectId) = (world, projectId);

    /// <summary>The saved cohorts.</summary>
    public IReadOnlyList<MixpanelCohort> Cohorts => Do(project => project.Cohorts.Values.ToArray());

    /// <summary>The saved funnels.</summary>
    public IReadOnlyList<MixpanelFunnel> Funnels => Do(project => project.Funnels.Values.ToArray());

    /// <summary>What the queries of all kinds have used.</summary>
    public MixpanelBudgetView Queries => Do(project => project.Queries.View(_world.Now));

    /// <summary>What raw exports have used.</summary>
    public MixpanelBudgetView Exports => Do(project => project.Exports.View(_world.Now));

    /// <summary>Saves a cohort, or changes the one of the same id.</summary>
    /// <param name="cohort">The cohort. Its members are read whenever somebody asks: a list that changes is a cohort that changes.</param>
    public void SetCohort(MixpanelCohort cohort)
    {
        ArgumentNullException.ThrowIfNull(cohort);
        Do(project => project.Cohorts[cohort.Id] = cohort);
    }

    /// <summary>Saves a cohort of fixed members, or changes the one of the same id.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="name">Its name.</param>
    /// <param name="members">The distinct ids of who is in it.</param>
    public void SetCohort(long id, string name, params string[] members) => SetCohort(new MixpanelCohort(id, name, members));

    /// <summary>Shows a cohort of the sender of webhooks here, so that it can be pulled as well as it is pushed.</summary>
    /// <param name="cohort">The cohort; its id must be a number.</param>
    public void Share(SimulatedCohort cohort)
    {
        ArgumentNullException.ThrowIfNull(cohort);
        SetCohort(new MixpanelCohort(
            long.Parse(cohort.Id, System.Globalization.CultureInfo.InvariantCulture), cohort.Name, new Members(cohort.DistinctIds))
        {
            Description = cohort.Description ?? "",
        });
    }

    /// <summary>Deletes a cohort.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>False when there is none.</returns>
    public bool RemoveCohort(long id) => Do(project => project.Cohorts.Remove(id));

    /// <summary>Saves a funnel.</summary>
    /// <param name="funnel">The funnel.</param>
    public void SetFunnel(MixpanelFunnel funnel)
    {
        ArgumentNullException.ThrowIfNull(funnel);
        ArgumentOutOfRangeException.ThrowIfZero(funnel.Steps.Count);
        Do(project => project.Funnels[funnel.Id] = funnel);
    }

    /// <summary>Writes a user profile as it shall be, without a call.</summary>
    /// <param name="distinctId">The id that it is attached to.</param>
    /// <param name="propertiesJson">All its properties, a JSON object; null deletes it.</param>
    public void SetProfile(string distinctId, string? propertiesJson)
    {
        var properties = propertiesJson is null ? null : JsonNode.Parse(propertiesJson) as JsonObject ?? throw new JsonException("A profile is an object.");
        Do(project =>
        {
            project.Profiles.Put(distinctId, properties, _world.Now);
            return true;
        });
    }

    /// <summary>Lays down what a script answers; its text has to come as it is, except for blanks around it.</summary>
    /// <param name="script">The script.</param>
    /// <param name="rowsJson">Its rows, a JSON array.</param>
    public void SetScript(string script, string rowsJson)
    {
        Check(rowsJson, JsonValueKind.Array);
        SetScript(script, (_, _) => rowsJson);
    }

    /// <summary>Lays down what gives a script's rows whenever it comes; its text has to come as it is, except for blanks around it.</summary>
    /// <param name="script">The script.</param>
    /// <param name="rows">Makes the rows, a JSON array, of the script's parameters and of the events that there are, as scripts see them: before ids are merged.</param>
    public void SetScript(string script, Func<JsonElement, IReadOnlyList<MixpanelEventView>, string> rows)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(rows);
        Do(project =>
        {
            project.Prepared.SetScript(script, (parameters, asked) =>
            {
                var answer = rows(parameters, asked.Events.Unmerged());
                Check(answer, JsonValueKind.Array);
                return answer;
            });
            return true;
        });
    }

    /// <summary>Lays down what a saved report answers.</summary>
    /// <param name="bookmarkId">The report.</param>
    /// <param name="answerJson">The whole answer, a JSON object.</param>
    public void SetReport(long bookmarkId, string answerJson)
    {
        Check(answerJson, JsonValueKind.Object);
        Do(project =>
        {
            project.Prepared.SetReport(bookmarkId, answerJson);
            return true;
        });
    }

    /// <summary>Has raw export give events that are made while they are sent; no other answer knows them.</summary>
    /// <param name="generated">What is made; null for nothing any more.</param>
    public void Generate(MixpanelGenerated? generated)
    {
        if (generated is not null)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(generated.EventsPerDay);
        }

        Do(project =>
        {
            project.Generated?.Dispose();
            return project.Generated = generated is null ? null : new GeneratedEvents(generated);
        });
    }

    private static void Check(string json, JsonValueKind kind)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != kind)
        {
            throw new JsonException($"The answer must be a JSON {kind}.");
        }
    }

    private T Do<T>(Func<ProjectState, T> work)
    {
        lock (_world.Gate)
        {
            return work(_world.ById(_projectId)!);
        }
    }

    // Reads the members whenever they are looked at.
    private sealed class Members(Func<IEnumerable<string>> read) : IEnumerable<string>
    {
        public IEnumerator<string> GetEnumerator() => read().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
