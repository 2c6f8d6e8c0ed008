using System.Text.Json;
using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>
/// How the profiles of a project become attributes of an account: which property fills which attribute as what, and which attributes must
/// be created first. Made once a run; converting with it is pure and needs no lock.
/// </summary>
/// <remarks>
/// <para>
/// An attribute that the account does not have is created like any other, whatever its name. That includes FIRSTNAME and LASTNAME: an
/// account in another language has this pair under other names, and whoever wants those names them in the mapping.
/// </para>
/// <para>
/// How values are converted. Text: strings as they are, numbers and booleans as written, lists as their elements with commas between,
/// objects as compact JSON. Number: JSON numbers and texts that are one. Date: ISO dates; of an ISO date-time the day as written, whatever
/// its offset; JSON numbers from 100,000,000 on as Unix seconds, from 100,000,000,000 on as milliseconds, on the calendar of the project's
/// time zone. Boolean: true, false, 0, 1, also as text. Category: a label or a value, exactly or else in any case. Multiple choice: a list
/// or one text, those options that exist. Phone attributes: <see cref="Core.People.Contact.PhoneNumber"/>. Null, an empty text and an empty
/// list empty the attribute. Everything else is refused with a reason.
/// </para>
/// </remarks>
public sealed class AttributePlan
{
    private readonly PlanColumn[] _columns;
    private readonly int[] _firstColumns;
    private readonly Utf8NameTable _properties;
    private readonly TimeZoneInfo _timeZone;

    internal AttributePlan(
        IReadOnlyList<PlanColumn> columns,
        IReadOnlyList<BrevoAttributeDefinition> toCreate,
        IReadOnlyList<AttributeProblem> problems,
        string? emailProperty,
        TimeZoneInfo timeZone)
    {
        // One order for equal plans, whatever the order of the mapping; the hash of a payload depends on it.
        _columns = [.. columns.OrderBy(column => column.Attribute.Name, StringComparer.Ordinal)];
        _timeZone = timeZone;
        Columns = Array.ConvertAll(_columns, column => column.Attribute);
        ToCreate = toCreate;
        Problems = problems;
        EmailProperty = emailProperty;

        var names = _columns.Select(column => column.Attribute.Property).Distinct(StringComparer.Ordinal).ToList();
        _properties = new Utf8NameTable(names);
        _firstColumns = [.. names.Select(_ => -1)];
        for (var i = 0; i < _columns.Length; i++)
        {
            ref var first = ref _firstColumns[names.IndexOf(_columns[i].Attribute.Property)];
            _columns[i].Next = first;
            first = i;
        }
    }

    /// <summary>The attributes that are filled, ordered by name. The e-mail address is not one of them.</summary>
    public IReadOnlyList<AttributeColumn> Columns { get; }

    /// <summary>What must be created before the first payload is sent; otherwise those values are silently ignored.</summary>
    public IReadOnlyList<BrevoAttributeDefinition> ToCreate { get; }

    /// <summary>The lines of the mapping that cannot work as they are written.</summary>
    public IReadOnlyList<AttributeProblem> Problems { get; }

    /// <summary>The property that is mapped to <c>email</c>, or null when none is.</summary>
    public string? EmailProperty { get; }

    /// <summary>Makes a plan.</summary>
    /// <param name="catalogue">The account's attributes.</param>
    /// <param name="mapping">The project's mapping, in its order.</param>
    /// <param name="samples">What values look like, made from the same mapping; null when there are none yet.</param>
    /// <param name="timeZone">The project's time zone, in which a Unix time has its day.</param>
    /// <returns>The plan.</returns>
    public static AttributePlan Create(
        AttributeCatalogue catalogue, IReadOnlyList<AttributeMapping> mapping, PropertySamples? samples, TimeZoneInfo timeZone)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(mapping);
        ArgumentNullException.ThrowIfNull(timeZone);
        var planner = new AttributePlanner(catalogue, samples);
        foreach (var line in mapping)
        {
            planner.Add(line);
        }

        return planner.ToPlan(timeZone);
    }

    /// <summary>Converts a profile.</summary>
    /// <param name="properties">Its properties, a JSON object in UTF-8. Of two properties with one name the last counts.</param>
    /// <param name="payload">Takes the result and forgets the one before. Made for this plan.</param>
    /// <exception cref="JsonException"><paramref name="properties"/> is not a JSON object.</exception>
    public void Convert(ReadOnlySpan<byte> properties, AttributePayload payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        payload.Clear();
        var values = new ValueReader(properties, payload, _timeZone);
        var reader = ProfileReader.Begin(properties);
        while (ProfileReader.NextProperty(ref reader, _properties, ref payload.NameScratch, out var place))
        {
            for (var i = place >= 0 ? _firstColumns[place] : -1; i >= 0; i = _columns[i].Next)
            {
                var copy = reader;
                payload.Reset(i);
                values.Read(ref copy, i, _columns[i]);
            }

            reader.Skip();
        }
    }

    internal PlanColumn Column(int index) => _columns[index];
}
