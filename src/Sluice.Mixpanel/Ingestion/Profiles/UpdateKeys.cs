namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>The keys of an update. Those of the operations stand in the order in which they are applied.</summary>
internal enum UpdateKey
{
    Set,
    SetOnce,
    Add,
    Append,
    Union,
    Remove,
    Unset,
    Delete,
    Token,
    DistinctId,
    GroupKey,
    GroupId,
    Ip,
    Time,
    IgnoreTime,
    IgnoreAlias,
    Latitude,
    Longitude,
}

internal static class UpdateKeys
{
    public const int Count = (int)UpdateKey.Longitude + 1;

    /// <summary>How a key is spelled; the place of each is its number.</summary>
    public static readonly string[] Names =
    [
        "$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete", "$token", "$distinct_id", "$group_key",
        "$group_id", "$ip", "$time", "$ignore_time", "$ignore_alias", "$latitude", "$longitude",
    ];

    /// <summary>Finds the meaning of a key, given as it stands between its quotes.</summary>
    public static UpdateKey? Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 when name.SequenceEqual("$ip"u8) => UpdateKey.Ip,
        4 when name.SequenceEqual("$set"u8) => UpdateKey.Set,
        4 when name.SequenceEqual("$add"u8) => UpdateKey.Add,
        5 when name.SequenceEqual("$time"u8) => UpdateKey.Time,
        6 when name.SequenceEqual("$token"u8) => UpdateKey.Token,
        6 when name.SequenceEqual("$union"u8) => UpdateKey.Union,
        6 when name.SequenceEqual("$unset"u8) => UpdateKey.Unset,
        7 when name.SequenceEqual("$append"u8) => UpdateKey.Append,
        7 when name.SequenceEqual("$remove"u8) => UpdateKey.Remove,
        7 when name.SequenceEqual("$delete"u8) => UpdateKey.Delete,
        9 when name.SequenceEqual("$set_once"u8) => UpdateKey.SetOnce,
        9 when name.SequenceEqual("$group_id"u8) => UpdateKey.GroupId,
        9 when name.SequenceEqual("$latitude"u8) => UpdateKey.Latitude,
        10 when name.SequenceEqual("$group_key"u8) => UpdateKey.GroupKey,
        10 when name.SequenceEqual("$longitude"u8) => UpdateKey.Longitude,
        12 when name.SequenceEqual("$distinct_id"u8) => UpdateKey.DistinctId,
        12 when name.SequenceEqual("$ignore_time"u8) => UpdateKey.IgnoreTime,
        13 when name.SequenceEqual("$ignore_alias"u8) => UpdateKey.IgnoreAlias,
        _ => null,
    };
}
