using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.People.Contact;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Brevo;

/// <summary>Makes of a person the contact that Brevo is to have.</summary>
internal sealed class ContactMapper(AttributePlan plan)
{
    public const string UserGroups = "user_groups";
    public const string UserGroup = "user_group:";

    private readonly AttributePayload _payload = new(plan);
    private readonly bool _groups = plan.Columns.Any(c => c.Property == UserGroups || c.Property.StartsWith(UserGroup, StringComparison.Ordinal));
    private readonly int _phone = IndexOf(plan, BrevoAttributeNames.Sms);

    public AttributePlan Plan => plan;

    public MappedContact Map(PersonState person)
    {
        var properties = Encoding.UTF8.GetBytes(person.Properties);
        plan.Convert(_groups || person.Added.Length > 2 ? WithMore(properties, person) : properties, _payload);
        var (email, phone) = Identifiers(properties);
        var cells = new string?[plan.Columns.Count];
        _payload.WriteCells(cells);
        var attributes = _payload.ToAttributes(ClearScope.Emptied);
        if (person.PhoneHeldBy is not null || _phone < 0)
        {
            // A number is one contact's in Brevo: a second one with it would be merged with the first.
            phone = null;
            attributes = Without(attributes, BrevoAttributeNames.Sms);
            cells = [.. cells.Select((cell, i) => i == _phone ? null : cell)];
        }
        else if (phone is not null)
        {
            cells[_phone] ??= phone;
        }

        return new MappedContact
        {
            ExternalId = person.DistinctId ?? "",
            Email = email,
            Phone = phone,
            Payload = Hash(email, phone),
            Attributes = new ContactPayload(cells, attributes),

            // In an import an address would change without a look at the block that its change lifts, and a number that is another
            // contact's would merge the two.
            NeedsOwnCall = !_payload.FitsCsv || (person.Contact is not null && _payload.Clears(ClearScope.Emptied))
                || (person.Contact is { Email: { } former } && former != email) || (phone is not null && person.PhoneShared),
            Problems = [.. _payload.Problems.Select(p => new MappingProblem(p.Attribute, p.Property, p.Reason))],
            NotContactable = email is not null || phone is not null ? null
                : person.PhoneHeldBy is not null ? "same_phone_as_another_person" : "no_valid_email_or_phone",
        };
    }

    internal static BrevoAttributes Without(BrevoAttributes attributes, string excluded)
    {
        var rest = new BrevoAttributes();
        foreach (var (name, value) in attributes.Where(a => a.Key != excluded))
        {
            rest.Add(name, value);
        }

        return rest;
    }

    private static int IndexOf(AttributePlan plan, string attribute)
    {
        for (var i = 0; i < plan.Columns.Count; i++)
        {
            if (plan.Columns[i].Name == attribute)
            {
                return i;
            }
        }

        return -1;
    }

    private static (string? Email, string? Phone) Identifiers(byte[] properties)
    {
        string? email = null;
        string? phone = null;
        var reader = new Utf8JsonReader(properties);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEmail = reader.ValueTextEquals("$email"u8);
            var isPhone = reader.ValueTextEquals("$phone"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isEmail || isPhone))
            {
                var raw = reader.GetString();
                if (isEmail && EmailAddress.TryNormalise(raw, out var address, out _))
                {
                    email = address;
                }
                else if (isPhone && PhoneNumber.TryNormalise(raw, out var number, out _))
                {
                    phone = number;
                }
            }

            reader.Skip();
        }

        return (email, phone);
    }

    /// <summary>What comes from elsewhere, and the groups that a person is in, read like properties of their profile.</summary>
    private byte[] WithMore(byte[] properties, PersonState person)
    {
        var buffer = new ArrayBufferWriter<byte>(properties.Length + 128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            using var profile = JsonDocument.Parse(properties);
            foreach (var property in profile.RootElement.EnumerateObject())
            {
                property.WriteTo(writer);
            }

            using var added = JsonDocument.Parse(person.Added);
            foreach (var property in added.RootElement.EnumerateObject())
            {
                property.WriteTo(writer);
            }

            if (_groups)
            {
                WriteGroups(writer, person);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteGroups(Utf8JsonWriter writer, PersonState person)
    {
        writer.WriteStartArray(UserGroups);
        foreach (var group in person.Groups.Order(StringComparer.Ordinal))
        {
            writer.WriteStringValue(group);
        }

        writer.WriteEndArray();
        foreach (var property in plan.Columns.Select(c => c.Property).Where(p => p.StartsWith(UserGroup, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal))
        {
            writer.WriteBoolean(property, person.Groups.Contains(property[UserGroup.Length..]));
        }
    }

    private UInt128 Hash(string? email, string? phone)
    {
        var text = Encoding.UTF8.GetBytes($"{email}\0{phone}\0{_payload.ComputeHash()}");
        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(text));
    }
}
