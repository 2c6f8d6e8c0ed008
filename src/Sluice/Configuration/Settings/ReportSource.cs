namespace Sluice.Configuration;

/// <summary>Who answers questions to the query API.</summary>
public enum ReportSource
{
    /// <summary>The Mixpanel project.</summary>
    Mixpanel,
}
