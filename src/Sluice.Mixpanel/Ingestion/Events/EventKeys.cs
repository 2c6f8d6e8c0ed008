namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>The names of properties that mean more than "a property of that name".</summary>
internal enum EventKey
{
    Other,

    // Not kept among the properties as sent.
    Token,
    Time,
    Ip,
    Ignore,
    DistinctId,
    InsertId,
    AddedByServer,

    // Kept as sent, except in simplified projects.
    DeviceId,
    UserId,

    // Kept as sent.
    IdentifiedId,
    AnonId,
    AnonDistinctId,
    Alias,
    DistinctIds,
}

internal static class EventKeys
{
    public const int Count = (int)EventKey.DistinctIds + 1;

    /// <summary>Finds the meaning of a name, given as it stands between its quotes.</summary>
    public static EventKey Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("ip"u8) => EventKey.Ip,
        4 when name.SequenceEqual("time"u8) => EventKey.Time,
        5 when name.SequenceEqual("token"u8) => EventKey.Token,
        5 when name.SequenceEqual("alias"u8) => EventKey.Alias,
        7 when name.SequenceEqual("$ignore"u8) => EventKey.Ignore,
        7 when name.SequenceEqual("$import"u8) => EventKey.AddedByServer,
        8 when name.SequenceEqual("$user_id"u8) => EventKey.UserId,
        8 when name.SequenceEqual("$anon_id"u8) => EventKey.AnonId,
        10 when name.SequenceEqual("$device_id"u8) => EventKey.DeviceId,
        10 when name.SequenceEqual("$insert_id"u8) => EventKey.InsertId,
        11 when name.SequenceEqual("distinct_id"u8) => EventKey.DistinctId,
        13 when name.SequenceEqual("$distinct_ids"u8) => EventKey.DistinctIds,
        14 when name.SequenceEqual("$identified_id"u8) => EventKey.IdentifiedId,
        14 when name.SequenceEqual("$mp_event_size"u8) => EventKey.AddedByServer,
        16 when name.SequenceEqual("$mp_api_endpoint"u8) => EventKey.AddedByServer,

        // The browser SDK's name of $anon_id.
        17 when name.SequenceEqual("$anon_distinct_id"u8) => EventKey.AnonDistinctId,
        20 when name.SequenceEqual("$mp_api_timestamp_ms"u8) => EventKey.AddedByServer,
        21 when name.SequenceEqual("mp_processing_time_ms"u8) => EventKey.AddedByServer,
        _ => EventKey.Other,
    };

    /// <summary>Whether a property is kept as it was sent.</summary>
    public static bool IsKept(EventKey key, IdentityMode identity) => key switch
    {
        EventKey.Other or >= EventKey.IdentifiedId => true,
        EventKey.DeviceId or EventKey.UserId => identity != IdentityMode.Simplified,
        _ => false,
    };
}
