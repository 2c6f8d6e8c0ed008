namespace Sluice.Simulators.Mixpanel.Gdpr;

/// <summary>A deletion that was asked for.</summary>
/// <param name="TrackingId">Its id.</param>
/// <param name="Status">PENDING, STAGING, STARTED, SUCCESS or REVOKED.</param>
/// <param name="ComplianceType">GDPR or CCPA.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="DistinctIds">Who is meant.</param>
public sealed record MixpanelDeletionView(
    string TrackingId, string Status, string ComplianceType, DateTimeOffset RequestedAt, IReadOnlyList<string> DistinctIds);
