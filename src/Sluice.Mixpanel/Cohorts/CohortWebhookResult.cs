namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// What a cohort webhook body turned out to be: exactly one of <see cref="CohortWebhookPage"/> and
/// <see cref="CohortWebhookFailure"/>.
/// </summary>
public abstract class CohortWebhookResult
{
    private protected CohortWebhookResult()
    {
    }
}
