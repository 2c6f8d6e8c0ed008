using System.Text;
using System.Text.Json;
using Sluice.Core.People.Contact;

namespace Sluice.Core.Delivery.Insight;

/// <summary>
/// What can be said of a person without asking the destination: whether there is a valid e-mail address or phone number. Attributes
/// count as unchanged while the profile is the one they were sent from, and as changed otherwise.
/// </summary>
public static class OfflineMapping
{
    public static MappedContact Map(PersonState person)
    {
        var (email, phone) = Identifiers(person.Properties);
        var sent = person.Contact?.Payload ?? UInt128.Zero;
        return new MappedContact
        {
            ExternalId = person.DistinctId ?? "",
            Email = email,
            Phone = phone,
            Payload = person.Contact is { } contact && contact.Rev == person.Rev ? sent : ~sent,
            NotContactable = email is null && phone is null ? "no_valid_email_or_phone" : null,
        };
    }

    private static (string? Email, string? Phone) Identifiers(string properties)
    {
        string? email = null;
        string? phone = null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(properties));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEmail = reader.ValueTextEquals("$email"u8);
            var isPhone = reader.ValueTextEquals("$phone"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && isEmail && EmailAddress.TryNormalise(reader.GetString(), out var address, out _))
            {
                email = address;
            }
            else if (reader.TokenType == JsonTokenType.String && isPhone && PhoneNumber.TryNormalise(reader.GetString(), out var number, out _))
            {
                phone = number;
            }

            reader.Skip();
        }

        return (email, phone);
    }
}
