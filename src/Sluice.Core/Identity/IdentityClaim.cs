namespace Sluice.Core.Identity;

/// <summary>How a project's ids become people; chosen once, as at Mixpanel.</summary>
public enum IdentityMode
{
    /// <summary>Devices belong to users; users never merge.</summary>
    Simplified = 0,

    /// <summary>Clusters of ids that <c>$identify</c>, <c>$create_alias</c> and <c>$merge</c> build.</summary>
    Original = 1,

    /// <summary>Only aliases.</summary>
    Legacy = 2,
}

public enum IdentityClaimKind
{
    /// <summary>An event carried a device and a user.</summary>
    Device = 0,

    /// <summary><c>$identify</c>: an anonymous id is a known one.</summary>
    Identify = 1,

    /// <summary><c>$create_alias</c>: another name of an id.</summary>
    Alias = 2,

    /// <summary><c>$merge</c>: two ids are one person.</summary>
    Merge = 3,
}

/// <summary>A statement that two ids are one person. Whether it is followed is the project's mode's to say.</summary>
/// <param name="Id">The id that stays: the user, the identified id, the id that has an alias, the first of two.</param>
/// <param name="Other">The id that joins it: the device (with <c>$device:</c>), the anonymous id, the alias, the second of two.</param>
public readonly record struct IdentityClaim(IdentityClaimKind Kind, string Id, string Other);

/// <summary>Stable reasons why a claim was not followed.</summary>
public static class IdentityRefusal
{
    public const string OtherUser = "device_belongs_to_another_user";
    public const string NotAnonymous = "anon_id_is_no_uuid_v4";
    public const string AlreadyIdentified = "anon_id_belongs_to_another_id";
    public const string AliasTaken = "alias_is_taken";
    public const string TooManyIds = "more_than_500_ids";
    public const string TooManyDevices = "more_than_2000_devices";
    public const string WrongMode = "not_in_this_identity_mode";
}
