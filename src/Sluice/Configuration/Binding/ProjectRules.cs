using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;
using Sluice.Core.Delivery;

namespace Sluice.Configuration.Binding;

/// <summary>What must hold between projects, and between the lists of one.</summary>
internal static class ProjectRules
{
    public static void Judge(IReadOnlyList<BoundProject> projects, ReadContext context)
    {
        // Ids name folders too, and some file systems take two names that differ in case for one.
        JudgeUnique(projects, project => (IdOf(project)?.ToUpperInvariant(), project.Identity.PlaceOf(ProjectKeys.Id)), "give each project an id of its own", context);
        JudgeUnique(projects, project => (project.Settings.AccessKey?.Reveal(), project.Identity.PlaceOf(ProjectKeys.AccessKey)), "give each project an access key of its own", context);

        // Requests that bring a token or Mixpanel's number of the project are told apart by it.
        JudgeUnique(projects, project => (project.Settings.Mixpanel?.ProjectToken, project.Mixpanel.PlaceOf(MixpanelKeys.ProjectToken)), "keep one project for each Mixpanel project", context);
        JudgeUnique(projects, project => (project.Settings.Mixpanel?.ProjectId, project.Mixpanel.PlaceOf(MixpanelKeys.ProjectId)), "keep one project for each Mixpanel project", context);

        // Each would spend it for itself, and one would be left with a token that is used up.
        JudgeUnique(
            projects,
            project => (
                project.Settings.Mixpanel?.OAuth is { } oauth ? $"{oauth.ClientId}\0{oauth.RefreshToken.Reveal()}" : null,
                project.Mixpanel.Section(MixpanelKeys.OAuth).PlaceOf(MixpanelKeys.RefreshToken)),
            "authorise once for each project: a refresh token works once", context);
        JudgeLists(projects, context);
    }

    private static void JudgeUnique(IReadOnlyList<BoundProject> projects, Func<BoundProject, (string? Value, Place Place)> select, string remedy, ReadContext context)
    {
        var first = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var (value, place) in projects.Select(select))
        {
            if (value is not null && !first.TryAdd(value, place))
            {
                context.Problem(place, $"is the same as {first[value].Path}", remedy);
            }
        }
    }

    // A wrong id has its own problem; what stands in for it is no project's id.
    private static string? IdOf(BoundProject project) =>
        project.Identity.Read(ProjectKeys.Id).State == FoundState.Invalid ? null : project.Settings.Id;

    private static void JudgeLists(IReadOnlyList<BoundProject> projects, ReadContext context)
    {
        var firsts = new Dictionary<(string Account, long List), (BoundProject Project, Placed<ListSettings> Target)>();
        foreach (var (index, project) in projects.Index())
        {
            // Without a Brevo account of its own a project shares its lists with nobody.
            var account = project.Settings.Brevo is { } brevo ? $"{brevo.BaseUrl} {brevo.ApiKey.Reveal()}" : $"#{index}";
            foreach (var target in project.Lists)
            {
                if (!firsts.TryAdd((account, target.Content.ListId), (project, target)))
                {
                    JudgePair(firsts[(account, target.Content.ListId)], (project, target), context);
                }
            }
        }
    }

    private static void JudgePair(
        (BoundProject Project, Placed<ListSettings> Target) first, (BoundProject Project, Placed<ListSettings> Target) second, ReadContext context)
    {
        var (target, place) = second.Target;
        var firstPath = first.Target.Place.Path;
        if (!ReferenceEquals(first.Project, second.Project))
        {
            context.Problem(place, $"fills list {target.ListId}, which {firstPath} in another project fills already", "use another list, or another Brevo account: a list belongs to one project");
            return;
        }

        if (target.Mode != first.Target.Content.Mode)
        {
            context.Problem(
                place,
                $"gives list {target.ListId} the mode {Name(target.Mode)}, but {firstPath} gives it {Name(first.Target.Content.Mode)}",
                "give a list one mode, whatever fills it");
        }

        if (Limit(second) != Limit(first))
        {
            context.Problem(place, $"gives list {target.ListId} another max_removal than {firstPath}", "write the same max_removal on each line, or on none");
        }
    }

    private static double? Limit((BoundProject Project, Placed<ListSettings> Target) entry) =>
        entry.Target.Content.MaxRemoval ?? entry.Project.Settings.Brevo?.MaxRemoval;

    private static string Name(ListMode mode) => mode.ToString().ToLowerInvariant();
}
