using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Finds out whose an event is, and what it says about ids. Ids are given as they stand between their quotes.</summary>
internal ref struct EventIdentity
{
    /// <summary>What stands before a device's id in a distinct id.</summary>
    public static ReadOnlySpan<byte> DevicePrefix => "$device:"u8;

    private readonly ReadOnlySpan<byte> _json;
    private readonly EventScanner _event;
    private readonly EventParserOptions _options;

    private EventIdentity(ReadOnlySpan<byte> json, EventScanner scanner, EventParserOptions options, EventKind kind)
    {
        _json = json;
        _event = scanner;
        _options = options;
        Kind = kind;
    }

    public readonly EventKind Kind { get; }

    public ReadOnlySpan<byte> DistinctId { get; private set; }

    /// <summary>Whether <see cref="DistinctId"/> still lacks <see cref="DevicePrefix"/>.</summary>
    public bool IsDevice { get; private set; }

    /// <summary>Whether the event came without any id, rather than with an empty one.</summary>
    public bool IsMissing { get; private set; }

    public ReadOnlySpan<byte> DeviceId { get; private set; }

    public ReadOnlySpan<byte> UserId { get; private set; }

    public ReadOnlySpan<byte> Id { get; private set; }

    public ReadOnlySpan<byte> OtherId { get; private set; }

    public RecordProblem? Problem { get; private set; }

    public static EventIdentity Read(ReadOnlySpan<byte> json, EventScanner scanner, EventParserOptions options, EventKind kind)
    {
        var identity = new EventIdentity(json, scanner, options, kind);
        switch (kind)
        {
            case EventKind.Ordinary when options.Identity == IdentityMode.Simplified:
                identity.ReadSimplified();
                break;
            case EventKind.Ordinary:
                identity.DistinctId = identity.Optional(EventKey.DistinctId, "properties.distinct_id");
                break;
            case EventKind.Identify:
                identity.ReadIdentify();
                break;
            case EventKind.CreateAlias:
                identity.Id = identity.Required(EventKey.DistinctId, "properties.distinct_id");
                identity.OtherId = identity.Required(EventKey.Alias, "properties.alias");
                identity.DistinctId = identity.Id;
                break;
            case EventKind.Merge:
                identity.ReadMerge();
                break;
        }

        identity.IsMissing = identity.DistinctId.IsEmpty && !scanner[EventKey.DistinctId].Of(json).SequenceEqual("\"\""u8);
        return identity;
    }

    private void ReadSimplified()
    {
        DeviceId = Optional(EventKey.DeviceId, "properties.$device_id", isDevice: true);
        UserId = Optional(EventKey.UserId, "properties.$user_id");
        if (!UserId.IsEmpty)
        {
            DistinctId = UserId;
        }
        else if (!DeviceId.IsEmpty)
        {
            DistinctId = DeviceId;
            IsDevice = true;
        }
        else
        {
            // A bare id is a user's, unless it says that it is a device's.
            IsDevice = _event[EventKey.DistinctId].Of(_json) is [(byte)'"', .. var text] && text.StartsWith(DevicePrefix);
            DistinctId = Optional(EventKey.DistinctId, "properties.distinct_id", IsDevice);
            DeviceId = IsDevice ? DistinctId : default;
            UserId = IsDevice ? default : DistinctId;
        }
    }

    private void ReadIdentify()
    {
        var hasOwnName = _event[EventKey.IdentifiedId].Length > 0;
        Id = hasOwnName
            ? Required(EventKey.IdentifiedId, "properties.$identified_id")
            : Required(EventKey.DistinctId, "properties.$identified_id");
        OtherId = _event[EventKey.AnonId].Length > 0
            ? Required(EventKey.AnonId, "properties.$anon_id")
            : Required(EventKey.AnonDistinctId, "properties.$anon_id");
        DistinctId = hasOwnName ? Optional(EventKey.DistinctId, "properties.distinct_id") : Id;
        DistinctId = DistinctId.IsEmpty ? Id : DistinctId;
    }

    private void ReadMerge()
    {
        const string field = "properties.$distinct_ids";
        var list = _event[EventKey.DistinctIds].Of(_json);
        if (list is not [(byte)'[', (byte)'"', ..])
        {
            Problem = RecordProblem.Invalid(field, "must be a list of exactly 2 strings");
            return;
        }

        var first = CompactJson.ValueEnd(list, 1);
        var second = first + 1;
        if (list[first] != ',' || list[second] != '"' || list[CompactJson.ValueEnd(list, second)] != ']')
        {
            Problem = RecordProblem.Invalid(field, "must be a list of exactly 2 strings");
            return;
        }

        Id = Check(list[1..first], field, isRequired: true);
        OtherId = Check(list[second..^1], field, isRequired: true);
        DistinctId = Optional(EventKey.DistinctId, "properties.distinct_id");
        DistinctId = DistinctId.IsEmpty ? Id : DistinctId;
    }

    private ReadOnlySpan<byte> Optional(EventKey key, string field, bool isDevice = false) =>
        Check(_event[key].Of(_json), field, isRequired: false, isDevice);

    private ReadOnlySpan<byte> Required(EventKey key, string field) => Check(_event[key].Of(_json), field, isRequired: true);

    private ReadOnlySpan<byte> Check(ReadOnlySpan<byte> value, string field, bool isRequired, bool isDevice = false)
    {
        if (value.IsEmpty || value.SequenceEqual("\"\""u8))
        {
            Problem ??= isRequired ? RecordProblem.Missing(field) : null;
            return default;
        }

        var id = CompactJson.TextOrNumber(value);
        id = isDevice && id.StartsWith(DevicePrefix) ? id[DevicePrefix.Length..] : id;

        // A list, an object, true and false are no ids; of the last two Mixpanel's list of bad ids says so, too.
        if (id.IsEmpty || BadIds.Contains(id))
        {
            Problem ??= isRequired || _options.Rules == EventRules.Import
                ? RecordProblem.Invalid(field, "must be an id and not a placeholder of one")
                : null;
            return default;
        }

        if (JsonEscapes.UnescapedLength(id) > _options.Limits.MaxIdBytes)
        {
            Problem ??= RecordProblem.Invalid(field, $"must have at most {_options.Limits.MaxIdBytes} bytes");
            return default;
        }

        return id;
    }
}
