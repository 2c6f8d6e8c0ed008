namespace Sluice.Brevo;

/// <summary>Brevo answered, and refused.</summary>
/// <seealso href="https://developers.brevo.com/docs/how-it-works"/>
public sealed class BrevoApiException : BrevoException
{
    // Without the header: a full minute for what is counted by the hour, a moment for what is counted by the second.
    private static readonly TimeSpan HourlyWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SecondlyWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(30);

    /// <summary>Describes a refusal. Everything else about it is derived from these facts.</summary>
    /// <param name="endpoint">The endpoint that was called.</param>
    /// <param name="status">The HTTP status, 300 to 599.</param>
    /// <param name="code">The <c>code</c> of the error body, if there was one.</param>
    /// <param name="remoteMessage">The <c>message</c> of the error body, if there was one. Redacted and shortened before it is
    /// kept.</param>
    /// <param name="duplicateIdentifiers"><c>metadata.duplicate_identifiers</c> of the error body; empty when there were none.</param>
    /// <param name="rateLimit">What the answer's headers said about the rate limit, if anything.</param>
    public BrevoApiException(
        BrevoEndpoint endpoint,
        int status,
        string? code = null,
        string? remoteMessage = null,
        IReadOnlyList<string>? duplicateIdentifiers = null,
        BrevoRateLimit? rateLimit = null)
        : this(
            endpoint,
            status,
            code,
            remoteMessage,
            duplicateIdentifiers ?? [],
            rateLimit,
            BrevoFailures.Classify(endpoint, status, code, remoteMessage, duplicateIdentifiers is { Count: > 0 }))
    {
    }

    private BrevoApiException(
        BrevoEndpoint endpoint,
        int status,
        string? code,
        string? remoteMessage,
        IReadOnlyList<string> duplicateIdentifiers,
        BrevoRateLimit? rateLimit,
        BrevoFailureKind kind)
        : base(endpoint, Describe(endpoint, status, code, kind), innerException: null)
    {
        Status = status;
        Code = Redaction.Clean(code, 100);
        RemoteMessage = Redaction.Clean(remoteMessage, 300);
        DuplicateIdentifiers = duplicateIdentifiers;
        RateLimit = rateLimit;
        Kind = kind;
    }

    /// <summary>The HTTP status, for example 400.</summary>
    public int Status { get; }

    /// <summary>
    /// The <c>code</c> of the error body, for example <c>invalid_parameter</c>, or null when the answer had none. An open set that also
    /// holds whole sentences:
    /// decide by <see cref="Kind"/>, not by this.
    /// </summary>
    public string? Code { get; }

    /// <summary>
    /// What Brevo wrote for people, or null. E-mail addresses, keys and long numbers are replaced, and it is cut at 300 characters, so it
    /// may be shown to an operator.
    /// </summary>
    public string? RemoteMessage { get; }

    /// <summary>
    /// Which of the identifiers sent belong to another contact, for example <c>email</c>; empty otherwise. Names, never values.
    /// </summary>
    public IReadOnlyList<string> DuplicateIdentifiers { get; }

    /// <summary>What the answer said about the rate limit, or null.</summary>
    public BrevoRateLimit? RateLimit { get; }

    /// <inheritdoc/>
    public override BrevoFailureKind Kind { get; }

    /// <inheritdoc/>
    public override bool IsTransient => Kind is BrevoFailureKind.RateLimited or BrevoFailureKind.Busy or BrevoFailureKind.Transient;

    /// <inheritdoc/>
    /// <remarks>
    /// True for 408 and every 5xx of an endpoint that is not idempotent: a gateway may have given up while Brevo went on.
    /// </remarks>
    public override bool OutcomeUnknown => !Endpoint.IsIdempotent && Kind == BrevoFailureKind.Transient;

    /// <inheritdoc/>
    /// <remarks>
    /// For 429 what <c>x-sib-ratelimit-reset</c> said, and without it 60 seconds for <see cref="BrevoBucket.Other"/> and unknown buckets,
    /// 2 seconds for those counted by the second.
    /// 30 seconds when the account is busy. Null otherwise. Jitter is the caller's.
    /// </remarks>
    public override TimeSpan? RetryAfter => Kind switch
    {
        BrevoFailureKind.RateLimited => RateLimit?.Reset ?? (IsCountedBySecond(Endpoint.Bucket) ? SecondlyWait : HourlyWait),
        BrevoFailureKind.Busy => BusyWait,
        _ => null,
    };

    private static bool IsCountedBySecond(BrevoBucket bucket) =>
        bucket == BrevoBucket.Contacts
        || bucket == BrevoBucket.Events
        || bucket == BrevoBucket.Orders
        || bucket == BrevoBucket.Products
        || bucket == BrevoBucket.Files;

    private static string Describe(BrevoEndpoint endpoint, int status, string? code, BrevoFailureKind kind) =>
        Redaction.Clean(code, 100) is { Length: > 0 } shown
            ? $"Brevo refused {endpoint.Name} with status {status}, code \"{shown}\" ({kind})."
            : $"Brevo refused {endpoint.Name} with status {status} ({kind}).";
}
