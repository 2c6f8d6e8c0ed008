using System.Globalization;

namespace Sluice.Brevo;

/// <summary>Whom to add to a list or remove from it: 1 to 150 contacts, all named in the same way.</summary>
/// <remarks>
/// Brevo's own ids are the safest: addresses are compared by case at Brevo's side, and one malformed address fails all 150.
/// </remarks>
public sealed class BrevoListMembers
{
    private readonly ListMembersBody _body;

    private BrevoListMembers(ListMembersBody body, IReadOnlyList<string> names)
    {
        _body = body;
        Names = names;
    }

    /// <summary>The most contacts of one call: 150.</summary>
    public static int MaxCount => BrevoEndpoints.ListContactsAdd.MaxItems!.Value;

    /// <summary>How many there are.</summary>
    public int Count => Names.Count;

    internal IReadOnlyList<string> Names { get; }

    internal ListMembersBody Body => _body;

    /// <summary>By e-mail address.</summary>
    /// <param name="emails">1 to 150 addresses; white space around them is removed and they are lower-cased.</param>
    /// <returns>The members.</returns>
    /// <exception cref="ArgumentException">There are none or too many, or one is empty.</exception>
    public static BrevoListMembers Emails(IEnumerable<string> emails)
    {
        ArgumentNullException.ThrowIfNull(emails);
        var values = Checked(emails.Select(BrevoEmail.Normalize).ToArray());
        return new BrevoListMembers(new ListMembersBody { Emails = values }, values);
    }

    /// <summary>By Brevo's own ids.</summary>
    /// <param name="ids">1 to 150 ids, greater than 0.</param>
    /// <returns>The members.</returns>
    /// <exception cref="ArgumentException">There are none or too many, or one is not greater than 0.</exception>
    public static BrevoListMembers Ids(IEnumerable<long> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var values = Checked(ids.ToArray());
        if (Array.Exists(values, id => id <= 0))
        {
            throw new ArgumentException("An id is not greater than 0.", nameof(ids));
        }

        return new BrevoListMembers(new ListMembersBody { Ids = values }, Array.ConvertAll(values, id => id.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>By the ids that the contacts have elsewhere.</summary>
    /// <param name="externalIds">1 to 150 ids, sent as they are.</param>
    /// <returns>The members.</returns>
    /// <exception cref="ArgumentException">There are none or too many, or one is empty.</exception>
    public static BrevoListMembers ExternalIds(IEnumerable<string> externalIds)
    {
        ArgumentNullException.ThrowIfNull(externalIds);
        var values = Checked(externalIds.ToArray());
        if (Array.Exists(values, string.IsNullOrEmpty))
        {
            throw new ArgumentException("An external id is empty.", nameof(externalIds));
        }

        return new BrevoListMembers(new ListMembersBody { ExtIds = values }, values);
    }

    /// <summary>Names the count, not the people.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"{Count} contacts";

    private static T[] Checked<T>(T[] values) =>
        values.Length >= 1 && values.Length <= MaxCount
            ? values
            : throw new ArgumentException($"One call names 1 to {MaxCount} contacts, not {values.Length}.");
}
