namespace Sluice.Brevo;

/// <summary>What a failure means and who must act, whatever its status and code were.</summary>
/// <seealso href="https://developers.brevo.com/docs/how-it-works"/>
public enum BrevoFailureKind
{
    /// <summary>
    /// The request was built wrongly (missing field, out of range, malformed, wrong path or headers). The developers of the calling
    /// program must act; a retry cannot help.
    /// </summary>
    Bug,

    /// <summary>
    /// One of the values sent is refused (an address, a phone number, a list id, an option). Whoever owns the record must act; other
    /// records are not concerned.
    /// </summary>
    InvalidItem,

    /// <summary>
    /// An identifier sent belongs to another contact, see <see cref="BrevoApiException.DuplicateIdentifiers"/>. Send once more without
    /// it, or report the conflict.
    /// </summary>
    DuplicateIdentifier,

    /// <summary>
    /// None of the contacts named is in the account, or all are already where they should be. Nobody must act. The list calls of the
    /// client return this as a normal result.
    /// </summary>
    NothingApplied,

    /// <summary>The thing to be created exists under this name. Nobody must act: read it again.</summary>
    AlreadyExists,

    /// <summary>Brevo saw the same request before and did not repeat it. Nobody must act: verify that the first one took effect.</summary>
    AlreadyProcessed,

    /// <summary>The contact, list, folder, attribute, process or webhook does not exist. The caller must create it or forget it.</summary>
    NotFound,

    /// <summary>The operation is not allowed on this object, for example deleting the contact of the account's owner.</summary>
    NotAllowed,

    /// <summary>The body is larger than Brevo takes. The caller must send less at once.</summary>
    TooLarge,

    /// <summary>The rate limit is used up. Wait for <see cref="BrevoException.RetryAfter"/>.</summary>
    RateLimited,

    /// <summary>The account or the contact is busy, usually with an import. Try again later.</summary>
    Busy,

    /// <summary>
    /// Brevo, or the way to it, failed for the moment. Try again later; see <see cref="BrevoException.OutcomeUnknown"/> first.
    /// </summary>
    Transient,

    /// <summary>
    /// The answer could not be understood: not JSON, cut, too large, or without its essential field. Possibly a proxy answered in Brevo's
    /// place.
    /// </summary>
    Unreadable,

    /// <summary>The API key is unknown or was revoked. The operator must give another one; until then no call can succeed.</summary>
    Unauthorized,

    /// <summary>
    /// The account allows calls only from certain IP addresses, and this machine's is not among them. The operator must allow it in the
    /// account's security settings.
    /// </summary>
    UnrecognisedIp,

    /// <summary>Credits or plan do not cover the call. The account's owner must act.</summary>
    PaymentRequired,

    /// <summary>A permission, role or feature is missing. The account's owner must act; other features go on working.</summary>
    Forbidden,

    /// <summary>Brevo is still reviewing the account. The account's owner must wait for Brevo.</summary>
    UnderValidation,
}
