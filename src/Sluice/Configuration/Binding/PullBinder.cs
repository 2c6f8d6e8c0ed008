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
        if (!mixpanel.Has(MixpanelKeys.ServiceAccount) && !mixpanel.Has(MixpanelKeys.OauthToken) && !mixpanel.Has(MixpanelKeys.ProjectSecret))
        {
            context.Warn(
                block.PlaceOf(ConfigDefinition.Pull), "has no effect without credentials for Mixpanel's APIs", "set connectors.mixpanel.service_account, oauth_token or project_secret");
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
        return schedule is null ? null : new EventPullRule(schedule, from, overlap, [.. names.Select(n => n.Content)]);
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

            if (use.IsValid && Fits(entry, use.Content, attributes, context) && name.IsValid && schedule is not null && script.IsValid)
            {
                yield return new JqlPullSettings(
                    name.Content, context.FullPath(script.Content), schedule, use.Content == JqlUse.Attributes ? [.. attributes.Content.Select(a => a.Content)] : null);
            }
        }
    }

    private static bool Fits(BlockReader entry, JqlUse use, Found<IReadOnlyList<Placed<string>>> attributes, ReadContext context)
    {
        if (use == JqlUse.Attributes && attributes.IsMissing)
        {
            context.Problem(entry.PlaceOf(PullKeys.Attributes), "is required with as: attributes", PullKeys.Attributes.Shape.Remedy);
        }
        else if (use == JqlUse.UserGroup && !attributes.IsMissing)
        {
            context.Problem(entry.PlaceOf(PullKeys.Attributes), "is set beside as: user_group", "remove it, or write as: attributes");
        }

        return attributes.IsValid == (use == JqlUse.Attributes);
    }

    /// <returns>Null for all of them.</returns>
    private static IReadOnlyList<string>? Named(BlockReader block, Key<IReadOnlyList<Placed<string>>> key) =>
        block.Get(key) is { } named && !(named is [var only] && only.Content == PullKeys.All) ? [.. named.Select(n => n.Content)] : null;
}
