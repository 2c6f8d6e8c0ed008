using Sluice.Core.People;

namespace Sluice.Core.Erasure;

/// <summary>A project's tombstones, as they were at one time.</summary>
public sealed class TombstoneSet
{
    /// <summary>Nobody was ever erased.</summary>
    public static readonly TombstoneSet Empty = new(0, null, []);

    private readonly TombstoneKey? _key;
    private readonly HashSet<UInt128> _marks;

    private TombstoneSet(long stamp, TombstoneKey? key, HashSet<UInt128> marks)
    {
        Stamp = stamp;
        _key = key;
        _marks = marks;
    }

    /// <summary>Changes whenever tombstones are added; 0 while there are none.</summary>
    public long Stamp { get; }

    public bool IsEmpty => _marks.Count == 0;

    public static TombstoneSet Of(long stamp, TombstoneKey key, IEnumerable<UInt128> marks) => new(stamp, key, [.. marks]);

    public bool Has(TombstoneKind kind, PersonKey subject) => _marks.Count > 0 && _marks.Contains(_key!.Of(kind, subject));

    public bool Has(TombstoneKind kind, UInt128? subject) => subject is { } key && Has(kind, new PersonKey(key));

    public bool HasId(string project, string? distinctId) => !IsEmpty && !string.IsNullOrEmpty(distinctId) && Has(TombstoneKind.Id, PersonKey.Of(project, distinctId));

    public bool HasEmail(string project, string? email) => !IsEmpty && Has(TombstoneKind.Email, ContactKeys.OfEmail(project, email));

    public bool HasPhone(string project, string? phone) => !IsEmpty && Has(TombstoneKind.Phone, ContactKeys.OfPhone(project, phone));

    /// <summary>True when the text is an erased id, address or number, whichever.</summary>
    public bool HasText(string project, string? text) => HasId(project, text) || HasEmail(project, text) || HasPhone(project, text);
}
