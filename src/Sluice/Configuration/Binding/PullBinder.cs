using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;
using Sluice.Core.Pull;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>pull</c>.</summary>
internal static class PullBinder
{
    public static PullSettings? Bind(BlockReader block, BlockReader mixpanel, ReadContext context)
    {
        if (!block.Has(ConfigDefinition.Pull))
        {
            return null;
        }

        var pull = block.Section(ConfigDefinition.Pull);
        if (new Key[] { MixpanelKeys.ServiceAccount, MixpanelKeys.OauthToken, MixpanelKeys.OAuth, MixpanelKeys.ProjectSecret }.All(key => !mixpanel.Has(key)))
        {
            context.Warn(
                block.PlaceOf(ConfigDefinition.Pull), "has no effect without credentials for Mixpanel's APIs", "set connectors.mixpanel.service_account, oauth, oauth_token or project_secret, or connect them by the management API");
        }

        return new PullSettings(
            pull.Has(PullKeys.Cohorts) ? BindCohorts(pull.Section(PullKeys.Cohorts)) : null,
            pull.Has(PullKeys.Events) ? BindEvents(pull.Section(PullKeys.Events)) : null,
            pull.Has(PullKeys.Profiles) ? BindProfiles(pull.Section(PullKeys.Profiles)) : null,
            [.. BindJql(pull, context)]);
    }

    private static CohortPullRule? BindCohorts(BlockReader cohorts)
    {
        var schedule = cohorts.Get(PullKeys.Schedule);
        var include = Named(cohorts, PullKeys.Include);
        var properties = cohorts.Has(PullKeys.CohortProperties) ? Named(cohorts, PullKeys.CohortProperties) : PullSettings.Mapped;
        return schedule is null ? null : new CohortPullRule(schedule, include, properties);
    }

    private static EventPullRule? BindEvents(BlockReader events)
    {
        var schedule = events.Get(PullKeys.Schedule);
        var from = events.Get(PullKeys.From);
        var overlap = events.Get(PullKeys.Overlap);
        var names = events.Get(PullKeys.EventNames) ?? [];
        var time = events.Get(PullKeys.Time);
        return schedule is null
            ? null
            : new EventPullRule(schedule, from, overlap, [.. names.Select(n => n.Content)]) { IsTimeShifted = time == ExportTime.ProjectTimeZone };
    }

    private static ProfilePullRule? BindProfiles(BlockReader profiles)
    {
        var schedule = profiles.Get(PullKeys.Schedule);
        var where = profiles.Get(PullKeys.Where);
        var properties = Named(profiles, PullKeys.ProfileProperties);
        return schedule is null ? null : new ProfilePullRule(schedule, where, properties);
    }

    private static IEnumerable<JqlPullSettings> BindJql(BlockReader pull, ReadContext context)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var tables = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in pull.Get(PullKeys.Jql) ?? [])
        {
            var name = entry.Read(PullKeys.JqlName);
            var schedule = entry.Get(PullKeys.Schedule);
            var use = entry.Read(PullKeys.As);
            var attributes = entry.Read(PullKeys.Attributes);
            var script = entry.Read(PullKeys.Script);
            if (name.IsValid && !names.Add(name.Content))
            {
                context.Problem(entry.PlaceOf(PullKeys.JqlName), $"is the name of two scripts: {Shown.Quoted(name.Content)}", "give each script a name of its own");
            }

            var (table, key, columns) = (entry.Read(PullKeys.Table), entry.Read(PullKeys.TableKey), entry.Read(PullKeys.TableColumns));
            if (table.IsValid && !tables.Add(table.Content))
            {
                context.Problem(entry.PlaceOf(PullKeys.Table), $"is filled by two scripts: {Shown.Quoted(table.Content)}", "give each script a table of its own");
            }

            var fits = Fits(entry, PullKeys.Attributes, use, JqlUse.Attributes, attributes, context) & Fits(entry, PullKeys.Table, use, JqlUse.LookupTable, table, context)
                & Fits(entry, PullKeys.TableKey, use, JqlUse.LookupTable, key, context) & Fits(entry, PullKeys.TableColumns, use, JqlUse.LookupTable, columns, context);
            if (fits && use.IsValid && name.IsValid && schedule is not null && script.IsValid)
            {
                yield return new JqlPullSettings(
                    name.Content, context.FullPath(script.Content), schedule, use.Content == JqlUse.Attributes ? [.. attributes.Content.Select(a => a.Content)] : null)
                {
                    Table = use.Content == JqlUse.LookupTable ? new JqlTableRule(table.Content, key.Content, [.. columns.Content.Select(c => c.Content)]) : null,
                };
            }
        }
    }

    /// <summary>A key that one use needs, and no other one has.</summary>
    private static bool Fits<T>(BlockReader entry, Key<T> key, Found<JqlUse> use, JqlUse needs, Found<T> found, ReadContext context)
    {
        if (!use.IsValid)
        {
            return false;
        }

        if (use.Content == needs && found.IsMissing)
        {
            context.Problem(entry.PlaceOf(key), $"is required with as: {Word(needs)}", key.Shape.Remedy);
        }
        else if (use.Content != needs && !found.IsMissing)
        {
            context.Problem(entry.PlaceOf(key), $"is set beside as: {Word(use.Content)}", $"remove it, or write as: {Word(needs)}");
        }

        return found.IsValid == (use.Content == needs);
    }

    private static string Word(JqlUse use) => use switch
    {
        JqlUse.Attributes => "attributes",
        JqlUse.UserGroup => "user_group",
        JqlUse.LookupTable => "lookup_table",
        _ => throw new ArgumentOutOfRangeException(nameof(use), use, "Unknown use."),
    };

    /// <returns>Null for all of them.</returns>
    private static IReadOnlyList<string>? Named(BlockReader block, Key<IReadOnlyList<Placed<string>>> key) =>
        block.Get(key) is { } named && !(named is [var only] && only.Content == PullKeys.All) ? [.. named.Select(n => n.Content)] : null;
}
