namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>One page that shows all projects.</summary>
internal static class MixpanelStatePage
{
    private const int Shown = 20;

    public static string Render(MixpanelSimulator simulator)
    {
        var projects = simulator.Options.Projects;
        return new HtmlPage(
                "Mixpanel simulator",
                [
                    simulator.BaseUrl.ToString(), HtmlPage.Time(simulator.Options.Clock.GetUtcNow()),
                    $"{projects.Sum(project => simulator.EventCount(project.Id))} events", $"{simulator.Calls.Total} calls",
                ],
                $"{simulator.Calls.BudgetViolationCount} over budget",
                simulator.Calls.BudgetViolationCount > 0)
            .Table(
                "Projects",
                ["id", "region", "identity", "#events", "#profiles", "#groups", "#clusters", "#bytes in window", "#most"],
                projects.Select(project => (Project: project, Holds: simulator.Summary(project.Id))).Select(entry => new object[]
                {
                    entry.Project.Id, entry.Project.Residency, entry.Project.Identity, entry.Holds.Events, entry.Holds.Profiles,
                    entry.Holds.Groups, entry.Holds.Clusters, entry.Holds.Volume.InWindow, entry.Holds.Volume.MaxInWindow,
                }))
            .Table("Last events", ["project", "#number", "came by", "event", "distinct id", "time", "insert id"], projects.SelectMany(
                project => simulator.LastEvents(project.Id, Shown).Select(stored => new object[]
                {
                    project.Id, stored.Number, stored.Endpoint, stored.Name, stored.DistinctId,
                    HtmlPage.Time(DateTimeOffset.FromUnixTimeMilliseconds(stored.TimeMs)), stored.InsertId,
                })))
            .Table("Last profiles", ["project", "distinct id", "properties"], projects.SelectMany(
                project => simulator.LastProfiles(project.Id, Shown)
                    .Select(profile => new object[] { project.Id, profile.DistinctId, profile.PropertiesJson })))
            .Table("Groups", ["project", "key", "id", "properties"], projects.SelectMany(
                project => simulator.Groups(project.Id).Take(Shown)
                    .Select(group => new object[] { project.Id, group.GroupKey, group.GroupId, group.PropertiesJson })))
            .Table("Persons of several ids", ["project", "canonical id", "#ids"], projects.SelectMany(
                project => simulator.Clusters(project.Id).Take(Shown)
                    .Select(cluster => new object[] { project.Id, cluster.CanonicalId, cluster.Ids.Count })))
            .Table("Cohorts", ["project", "#id", "name", "#members"], projects.SelectMany(
                project => simulator.Desk(project.Id).Cohorts.Take(Shown)
                    .Select(cohort => new object[] { project.Id, cohort.Id, cohort.Name, cohort.Members.Count() })))
            .Table("Calls in the last hour", ["project", "of", "#taken", "#under way", "#most at once"], projects
                .Select(project => (project.Id, Desk: simulator.Desk(project.Id)))
                .SelectMany(entry => new[] { (entry.Id, Of: "queries", Use: entry.Desk.Queries), (entry.Id, Of: "exports", Use: entry.Desk.Exports) })
                .Select(entry => new object[] { entry.Id, entry.Of, entry.Use.InWindow, entry.Use.AtOnce, entry.Use.MaxAtOnce }))
            .Table("Lookup tables", ["project", "id", "name", "#rows"], projects.SelectMany(
                project => simulator.Summary(project.Id).LookupTables
                    .Select(table => new object[] { project.Id, table.Id, table.Name, table.Rows })))
            .Table("Answered as good and not stored", ["project", "reason", "#records"], projects
                .SelectMany(project => simulator.Lost(project.Id).Select(lost => new object[] { project.Id, lost.Key, lost.Value }))
                .Concat(simulator.Strangers.Select(lost => new object[] { "", $"{lost.Key}: unknown token", lost.Value })))
            .Table("Calls by endpoint", ["endpoint", "#calls"], simulator.Calls.ByEndpoint.Select(entry =>
                new object[] { entry.Key, entry.Value }))
            .Table("Last calls", ["time", "host", "call", "#status", "#bytes", "#records", "#accepted", "fault"],
                simulator.Calls.Last.Reverse().Take(Shown).Select(call => new object[]
                {
                    HtmlPage.Time(call.Time), $"{call.Residency} {call.Family}", $"{call.Method} {call.Path}", call.Status == 0 ? "cut" : call.Status,
                    call.Bytes, call.Records, call.Accepted, call.Fault ?? (call.OverBudget ? "over budget" : ""),
                }))
            .Table("Faults", ["#id", "method", "path", "effect", "#matched", "#fired"], simulator.Faults.Rules.Select(rule =>
                new object[]
                {
                    rule.Id, rule.Fault.Method, rule.Fault.Path, rule.Fault.Effect.Kind, rule.Matched, rule.Fired,
                }))
            .End();
    }
}
