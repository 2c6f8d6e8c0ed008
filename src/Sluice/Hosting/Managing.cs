using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Management;
using Sluice.Server.Management;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Puts together what the management API works with.</summary>
internal static class Managing
{
    public static ManagementServices Services(
        SluiceSettings settings, LiveProjects projects, NodeWork work, BrevoAccounts accounts, Store store, HttpClient http, TimeProvider time, ILogger logger) => new()
    {
        Keys = new KeyDesk(
            store.ProjectKeys, projects.Directory, projects.Hasher,
            project => projects.Declared(project).SecretKey is { } secret ? projects.Hasher.Hash(project, secret.Reveal()) : null, projects.RefreshAsync,
            e => NodeLog.ProjectsNotRead(logger, e.Message, e)),
        Connectors = new ConnectorDesk(projects, work, accounts, store, http, logger, time),
        Budgets = new BudgetDesk(projects.Find, store.PermitBooks, time),
        Syncs = new ListSyncs(settings, projects, work, store, http, logger, time),
        Groups = store.Groups,
        People = store.PersonalData,
        Records = store.RecordPages,
        DeadLetters = new WakingLetters(store.DeadLetters, work.Changed, work.EventsCame),
        Suppressions = new WakingSuppressions(store.Suppressions, work.Changed),
        IntakeCounts = store.IntakeCounts,
        Repeats = store.Repeats,
        Mappings = project => Mappings(projects.Declared(project)),
        TimeProvider = time,
    };

    private static ProjectMappings Mappings(ProjectSettings project) => new(
        [.. project.EventMapping.Names.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => new MappingEntry(n.Key, n.Value, null))],
        project.EventMapping.SendUnmapped,
        [
            .. project.PropertyMapping.Entries.Select(e => new MappingEntry(
                Destinations.SourceName(e.Source), e.Target.Name, e.Type?.ToString().ToLowerInvariant())),
        ]);
}
