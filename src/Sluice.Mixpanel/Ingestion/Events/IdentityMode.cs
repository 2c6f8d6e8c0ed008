namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>How a Mixpanel project tells which ids are one person.</summary>
public enum IdentityMode
{
    /// <summary>Simplified ID Merge: <c>$user_id</c> and <c>$device_id</c> say it, and there are no identity events.</summary>
    Simplified,

    /// <summary>Original ID Merge: <c>$identify</c>, <c>$create_alias</c> and <c>$merge</c> say it.</summary>
    Original,

    /// <summary>Merging is off; <c>$create_alias</c> still names an id.</summary>
    Legacy,
}
