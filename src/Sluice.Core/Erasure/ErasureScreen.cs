using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;

namespace Sluice.Core.Erasure;

/// <summary>
/// Says of a record that comes in whether it is an erased person's. It is by the id that it resolves to, and when it says that an erased id
/// is somebody. Devices, addresses and numbers are shared: by them alone it is only whose id nobody knows yet.
/// </summary>
public static class ErasureScreen
{
    private const string DevicePrefix = "$device:";
    private const string UserName = "$user_id";
    private const int LongestName = 24;

    // Where such events say who is who.
    private static readonly HashSet<string> IdNames = new(StringComparer.Ordinal)
    {
        "distinct_id", "$distinct_id", UserName, "$identified_id", "$anon_id", "$anon_distinct_id", "$distinct_ids", "alias", "$alias",
    };

    /// <summary>Events that say nothing but who is who.</summary>
    public static IReadOnlyList<string> Identifying { get; } = ["$identify", "$create_alias", "$merge"];

    /// <summary>Looks at an event that is under an id that was not erased.</summary>
    /// <returns>Whether it says itself that it is an erased person's; and whether it brings the address or the number of one.</returns>
    public static (bool IsErased, bool HasAddress) Look(TombstoneSet tombstones, string project, in EventRecord record)
    {
        var found = Find(
            tombstones, project, record.Properties.Span,
            record.Name is "$identify" or "$create_alias" or "$merge" ? Mention.Id | Mention.Address : Mention.User | Mention.Address);
        return ((found & (Mention.Id | Mention.User)) != 0, found == Mention.Address);
    }

    public static bool IsErased(TombstoneSet tombstones, string project, IdentityClaim claim) =>
        tombstones.HasId(project, claim.Id) || tombstones.HasId(project, claim.Other);

    public static bool IsErased(TombstoneSet tombstones, string project, ProfileUpdate update) => tombstones.HasId(project, update.DistinctId);

    public static bool IsErased(TombstoneSet tombstones, string project, GroupUpdate update) => tombstones.HasText(project, update.GroupId);

    public static bool IsErased(TombstoneSet tombstones, in CohortMember member) => tombstones.Has(TombstoneKind.Id, member.Key);

    /// <summary>True when the properties of an event that says who is who name an erased person.</summary>
    public static bool Names(TombstoneSet tombstones, string project, ReadOnlySpan<byte> properties) =>
        Find(tombstones, project, properties, Mention.Id) != Mention.None;

    /// <summary>True when an update brings an erased person's address or number.</summary>
    public static bool HasAddress(TombstoneSet tombstones, string project, ProfileUpdate update) => update.Operations.Any(o => BringsAddress(tombstones, project, o));

    /// <summary>True when a member has an erased person's address or number.</summary>
    public static bool HasAddress(TombstoneSet tombstones, in CohortMember member) =>
        tombstones.Has(TombstoneKind.Email, member.Email) || tombstones.Has(TombstoneKind.Phone, member.Phone);

    /// <returns>What was found of what was looked for; an id is the end of the search.</returns>
    private static Mention Find(TombstoneSet tombstones, string project, ReadOnlySpan<byte> properties, Mention wanted)
    {
        var found = Mention.None;
        if (tombstones.IsEmpty || properties.IsEmpty)
        {
            return found;
        }

        var reader = new Utf8JsonReader(properties);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = MayMatter(in reader) ? reader.GetString()! : "";
            reader.Read();
            if (name.Length > 0)
            {
                found |= Is(tombstones, project, name, wanted, ref reader);
                if ((found & ~Mention.Address) != Mention.None)
                {
                    return found;
                }
            }

            reader.Skip();
        }

        return found;
    }

    /// <summary>Hardly any name is one of ours: those begin alike, and are short unless they are spelled with escapes.</summary>
    private static bool MayMatter(in Utf8JsonReader reader) =>
        reader.ValueIsEscaped || (reader.ValueSpan.Length <= LongestName && reader.ValueSpan is [(byte)'$' or (byte)'d' or (byte)'a', ..]);

    private static Mention Is(TombstoneSet tombstones, string project, string name, Mention wanted, ref Utf8JsonReader reader)
    {
        var what = name switch
        {
            "$email" or "$phone" => Mention.Address,
            UserName when wanted.HasFlag(Mention.User) => Mention.User,
            "$device_id" => Mention.Id,
            _ when IdNames.Contains(name) => Mention.Id,
            _ => Mention.None,
        } & wanted;
        return what != Mention.None && IsErased(tombstones, project, name, ref reader) ? what : Mention.None;
    }

    private static bool IsErased(TombstoneSet tombstones, string project, string name, ref Utf8JsonReader reader)
    {
        if (IdText(ref reader) is { } text)
        {
            return name switch
            {
                "$email" => reader.TokenType == JsonTokenType.String && tombstones.HasEmail(project, text),
                "$phone" => reader.TokenType == JsonTokenType.String && tombstones.HasPhone(project, text),
                "$device_id" => tombstones.HasId(project, text) || tombstones.HasId(project, DevicePrefix + text),
                _ => tombstones.HasId(project, text),
            };
        }

        if (reader.TokenType != JsonTokenType.StartArray || !IdNames.Contains(name))
        {
            return false;
        }

        var depth = reader.CurrentDepth;
        var found = false;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            found |= tombstones.HasId(project, IdText(ref reader));
        }

        return found;
    }

    /// <summary>What a text says; of a number its digits, for ids may be sent as numbers.</summary>
    private static string? IdText(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };

    private static bool BringsAddress(TombstoneSet tombstones, string project, ProfileOperation operation)
    {
        var isEmail = operation.Name == "$email";
        if ((!isEmail && operation.Name != "$phone") || operation.Value.Length < 2 || operation.Value.Span[0] != (byte)'"')
        {
            return false;
        }

        var reader = new Utf8JsonReader(operation.Value.Span);
        reader.Read();
        return isEmail ? tombstones.HasEmail(project, reader.GetString()) : tombstones.HasPhone(project, reader.GetString());
    }

    /// <summary>What is looked for among an event's properties.</summary>
    [Flags]
    private enum Mention
    {
        None = 0,

        /// <summary>The id of whose event it is.</summary>
        User = 1,

        /// <summary>Any id that it names.</summary>
        Id = 2,
        Address = 4,
    }
}
