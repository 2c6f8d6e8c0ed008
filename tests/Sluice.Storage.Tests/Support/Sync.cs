using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Storage.Tests.Support;

/// <summary>One session of a cohort sync, as its pages reach the store.</summary>
public sealed class Sync(Func<CohortPage, Task<CohortPageOutcome>> apply, string project, string cohort, string session, CohortAction action)
{
    public string Name { get; init; } = "Dormant 30d";

    public string? Description { get; init; } = "no session for 30 days";

    /// <summary>Sends a page of people who have no properties.</summary>
    public Task<CohortPageOutcome> SendAsync(int page, int of, params string[] ids) => apply(Page(page, of, ids));

    /// <summary>Sends a page of people with properties (a JSON object).</summary>
    public Task<CohortPageOutcome> SendProfilesAsync(int page, int of, params (string Id, string Properties)[] people) => apply(ProfilesPage(page, of, people));

    public Task<CohortPageOutcome> SendAsync(CohortPage page) => apply(page);

    public CohortPage Page(int page, int of, params string[] ids) => ProfilesPage(page, of, [.. ids.Select(id => (id, "{}"))]);

    public CohortPage ProfilesPage(int page, int of, params (string Id, string Properties)[] people)
    {
        var members = people.Select(p => Member(p.Id, p.Properties)).OrderBy(m => m.Key).ToArray();
        var content = PersonKey.Of("content", string.Join('\n', members.Select(m => m.DistinctId + m.Properties)));
        return new CohortPage(project, cohort, Name, Description, "4100200", session, action, of, page, content.Value, members, []);
    }

    private CohortMember Member(string id, string properties)
    {
        var (email, phone) = ContactKeys.Of(project, properties);
        return new CohortMember(PersonKey.Of(project, id), id, properties, email, phone);
    }
}
