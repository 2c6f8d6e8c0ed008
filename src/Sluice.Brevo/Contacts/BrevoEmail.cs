namespace Sluice.Brevo;

/// <summary>The form in which e-mail addresses are sent.</summary>
public static class BrevoEmail
{
    /// <summary>
    /// Removes white space around an address and lower-cases it. Brevo stores addresses in lower case and compares some of its input with
    /// them by case,
    /// so that a capital letter makes a contact unfindable.
    /// </summary>
    /// <param name="email">The address.</param>
    /// <returns>The address as it is sent.</returns>
    /// <exception cref="ArgumentException">The address is empty.</exception>
    public static string Normalize(string email) =>
        email?.Trim().ToLowerInvariant() is { Length: > 0 } normal ? normal : throw new ArgumentException("The e-mail address is empty.", nameof(email));
}
