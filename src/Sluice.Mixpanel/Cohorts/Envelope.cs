namespace Sluice.Mixpanel.Cohorts;

/// <summary>Everything of a page but its members, as far as it was read.</summary>
internal sealed class Envelope
{
    public const int MaxPages = 10_000_000;
    public const int MaxActionCharacters = 64;
    public const int MaxIdBytes = 255;
    public const int MaxNameCharacters = 1024;
    public const int MaxDescriptionCharacters = 4096;

    public EnvelopeText Action { get; set; }

    public EnvelopeState Parameters { get; set; }

    public EnvelopeText ProjectId { get; set; }

    public EnvelopeText CohortId { get; set; }

    public EnvelopeText CohortName { get; set; }

    public EnvelopeText CohortDescription { get; set; }

    public EnvelopeText SessionId { get; set; }

    public EnvelopeState PageInfo { get; set; }

    public EnvelopeNumber TotalPages { get; set; }

    public EnvelopeNumber PageCount { get; set; }

    /// <summary>The members inside the parameters, where Mixpanel puts them.</summary>
    public EnvelopeState Members { get; set; }

    /// <summary>Members beside the parameters, where some relays put them. They count only when there are none inside.</summary>
    public EnvelopeState OuterMembers { get; set; }

    /// <summary>Forgets the parameters, because they came again: of two equal keys the last one counts.</summary>
    public void ResetParameters(EnvelopeState state)
    {
        Parameters = state;
        ProjectId = default;
        CohortId = default;
        CohortName = default;
        CohortDescription = default;
        SessionId = default;
        Members = default;
        ResetPageInfo(EnvelopeState.Missing);
    }

    public void ResetPageInfo(EnvelopeState state)
    {
        PageInfo = state;
        TotalPages = default;
        PageCount = default;
    }

    /// <summary>What is wrong with the envelope, or null.</summary>
    public string? Problem()
    {
        if (Parameters != EnvelopeState.Present)
        {
            return ProblemOf("action", Action.State, ActionRemedy, MaxActionCharacters)
                ?? ProblemOf("parameters", Parameters, "Send an object with the cohort and its members.", 0);
        }

        return ProblemOf("action", Action.State, ActionRemedy, MaxActionCharacters)
            ?? (CohortActionNames.Find(Action.Value) is null ? $"action is not known. {ActionRemedy}" : null)
            ?? ProblemOfId("mixpanel_project_id", ProjectId.State)
            ?? ProblemOfId("mixpanel_cohort_id", CohortId.State)
            ?? ProblemOf("parameters.mixpanel_cohort_name", CohortName.State, "Send the cohort's name as a text.", MaxNameCharacters)
            ?? ProblemOf("parameters.mixpanel_cohort_description", Optional(CohortDescription.State), "Send a text or nothing.", 0)
            ?? ProblemOfId("mixpanel_session_id", SessionId.State)
            ?? ProblemOfPages()
            ?? ProblemOf("parameters.members", Optional(Members), "Send a list of objects.", 0)
            ?? ProblemOf("members", Optional(OuterMembers), "Send a list of objects inside parameters.", 0);
    }

    private const string ActionRemedy = "Send members, add_members or remove_members.";

    private static EnvelopeState Optional(EnvelopeState state) =>
        state == EnvelopeState.Missing ? EnvelopeState.Present : state;

    private static string? ProblemOfId(string key, EnvelopeState state) =>
        ProblemOf("parameters." + key, state, "Send the id as a text or a whole number.", MaxIdBytes);

    private static string? ProblemOf(string path, EnvelopeState state, string remedy, int longest) => state switch
    {
        EnvelopeState.Missing => $"{path} is missing. {remedy}",
        EnvelopeState.WrongType => $"{path} has the wrong type. {remedy}",
        EnvelopeState.Malformed => $"{path} is not valid text. {remedy}",
        EnvelopeState.TooLong => $"{path} is longer than {longest}. {remedy}",
        _ => null,
    };

    private string? ProblemOfPages()
    {
        const string remedy = "Send whole numbers, 1 for the first page, or no page_info for a single page.";
        if (PageInfo == EnvelopeState.WrongType)
        {
            return $"parameters.page_info is not an object. {remedy}";
        }

        if (TotalPages.State == EnvelopeState.Missing && PageCount.State == EnvelopeState.Missing)
        {
            return null;
        }

        var problem = ProblemOf("parameters.page_info.total_pages", TotalPages.State, remedy, 0)
            ?? ProblemOf("parameters.page_info.page_count", PageCount.State, remedy, 0);
        if (problem is not null)
        {
            return problem;
        }

        if (TotalPages.Value is < 1 or > MaxPages)
        {
            return $"parameters.page_info.total_pages is not between 1 and {MaxPages}. {remedy}";
        }

        return PageCount.Value < 1 || PageCount.Value > TotalPages.Value
            ? $"parameters.page_info.page_count is not between 1 and total_pages. {remedy}"
            : null;
    }
}
