namespace Sluice.Simulators.Mixpanel;

/// <summary>An answer that is not what Mixpanel's contract says.</summary>
/// <param name="At">When the answer came.</param>
/// <param name="CohortId">The cohort.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Action">The action.</param>
/// <param name="Page">The page.</param>
/// <param name="Problem">What is wrong.</param>
public sealed record AnswerViolation(DateTimeOffset At, string CohortId, Guid SessionId, SyncAction Action, int Page, string Problem);
