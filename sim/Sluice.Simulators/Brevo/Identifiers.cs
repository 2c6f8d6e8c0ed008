namespace Sluice.Simulators.Brevo;

/// <summary>The six identifiers of a contact, in the order that decides which one survives a merge.</summary>
internal enum IdentifierKind
{
    ContactId,
    ExtId,
    Email,
    Sms,
    WhatsApp,
    Landline,
}

/// <summary>Forms and names of identifiers.</summary>
internal static class Identifiers
{
    public const string PhoneDomain = "@mailin-sms.com";

    public static readonly IdentifierKind[] All = Enum.GetValues<IdentifierKind>();

    /// <summary>All but the internal id: those that a contact can be given.</summary>
    public static readonly IdentifierKind[] Assignable = All[1..];

    /// <summary>The name as an attribute or import column.</summary>
    public static IdentifierKind? FromAttribute(string name) => name switch
    {
        "EXT_ID" => IdentifierKind.ExtId,
        "EMAIL" => IdentifierKind.Email,
        "SMS" => IdentifierKind.Sms,
        "WHATSAPP" => IdentifierKind.WhatsApp,
        "LANDLINE_NUMBER" => IdentifierKind.Landline,
        _ => null,
    };

    /// <summary>The name as <c>identifierType</c> and in an event's <c>identifiers</c>.</summary>
    public static IdentifierKind? FromType(string name) => name switch
    {
        "contact_id" => IdentifierKind.ContactId,
        "ext_id" => IdentifierKind.ExtId,
        "email_id" => IdentifierKind.Email,
        "phone_id" => IdentifierKind.Sms,
        "whatsapp_id" => IdentifierKind.WhatsApp,
        "landline_number_id" => IdentifierKind.Landline,
        _ => null,
    };

    public static string AttributeName(IdentifierKind kind) => kind switch
    {
        IdentifierKind.ExtId => "EXT_ID",
        IdentifierKind.Email => "EMAIL",
        IdentifierKind.Sms => "SMS",
        IdentifierKind.WhatsApp => "WHATSAPP",
        IdentifierKind.Landline => "LANDLINE_NUMBER",
        _ => "CONTACT_ID",
    };

    /// <summary>
    /// The name in <c>metadata.duplicate_identifiers</c> and in messages. Only <c>email</c> has been seen live.
    /// </summary>
    public static string ErrorName(IdentifierKind kind) => kind switch
    {
        IdentifierKind.ExtId => "ext_id",
        IdentifierKind.Email => "email",
        IdentifierKind.Sms => "SMS",
        IdentifierKind.WhatsApp => "WHATSAPP",
        IdentifierKind.Landline => "LANDLINE_NUMBER",
        _ => "contact_id",
    };

    public static bool IsPhone(IdentifierKind kind) => kind >= IdentifierKind.Sms;

    /// <summary>The stored form, or null when the value cannot be one: e-mails in lower case, phones as bare digits.</summary>
    public static string? Normalize(IdentifierKind kind, string value) => kind switch
    {
        IdentifierKind.Email => IsEmail(value) ? value.ToLowerInvariant() : null,
        IdentifierKind.ExtId => value.Length > 0 ? value : null,
        IdentifierKind.ContactId => value,
        _ => Phone(value),
    };

    public static bool IsEmail(string value)
    {
        var at = value.IndexOf('@', StringComparison.Ordinal);
        if (at is < 1 or > 64 || value.Length > 254)
        {
            return false;
        }

        var local = value.AsSpan(0, at);
        var domain = value.AsSpan(at + 1);
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var character in local)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !"!#$%&'*+/=?^_`{|}~.-".Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return IsDomain(domain);
    }

    /// <summary>Digits with the country code, however the international prefix was written.</summary>
    public static string? Phone(string value)
    {
        var digits = value.StartsWith('+') ? value[1..] : value.StartsWith("00", StringComparison.Ordinal) ? value[2..] : value;
        if (digits.Length is < 6 or > 15 || digits[0] == '0')
        {
            return null;
        }

        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return null;
            }
        }

        return digits;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var labels = 0;
        while (true)
        {
            var dot = domain.IndexOf('.');
            var label = dot < 0 ? domain : domain[..dot];
            if (label.IsEmpty || label.Length > 63 || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (var character in label)
            {
                if (!char.IsAsciiLetterOrDigit(character) && character != '-')
                {
                    return false;
                }
            }

            labels++;
            if (dot < 0)
            {
                return labels > 1 && label.Length > 1 && !char.IsAsciiDigit(label[0]);
            }

            domain = domain[(dot + 1)..];
        }
    }
}
