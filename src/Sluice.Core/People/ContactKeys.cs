using System.Text;
using System.Text.Json;
using Sluice.Core.People.Contact;

namespace Sluice.Core.People;

/// <summary>The keys under which a person can be found by e-mail and by phone.</summary>
public static class ContactKeys
{
    /// <summary>The keys of the <c>$email</c> and <c>$phone</c> of a profile; null where there is none that could be written to.</summary>
    public static (UInt128? Email, UInt128? Phone) Of(string project, string properties)
    {
        UInt128? email = null;
        UInt128? phone = null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(properties));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEmail = reader.ValueTextEquals("$email"u8);
            var isPhone = !isEmail && reader.ValueTextEquals("$phone"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && isEmail)
            {
                email = OfEmail(project, reader.GetString());
            }
            else if (reader.TokenType == JsonTokenType.String && isPhone)
            {
                phone = OfPhone(project, reader.GetString());
            }

            reader.Skip();
        }

        return (email, phone);
    }

    public static UInt128? OfEmail(string project, string? email) =>
        EmailAddress.TryNormalise(email, out var normalised, out _) ? PersonKey.Of(project, normalised).Value : null;

    public static UInt128? OfPhone(string project, string? phone) =>
        PhoneNumber.TryNormalise(phone, out var normalised, out _) ? PersonKey.Of(project, normalised).Value : null;
}
