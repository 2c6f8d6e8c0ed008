namespace Sluice.Brevo;

/// <summary>
/// One endpoint of the API: its address, the bucket it is counted in, its documented limits. See <see cref="BrevoEndpoints"/> for all.
/// </summary>
public sealed record BrevoEndpoint
{
    /// <summary>Our name for it, for gates, metrics and messages, for example <c>lists.contacts.add</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The HTTP method in capitals, for example <c>POST</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The path under the base address, with its variable parts in braces, for example <c>/contacts/lists/{listId}</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The bucket that its calls are counted in.</summary>
    public required BrevoBucket Bucket { get; init; }

    /// <summary>
    /// Whether repeating a call whose outcome is unknown is harmless: a second one leaves the account as the first did. Brevo has no
    /// idempotency keys.
    /// </summary>
    public required bool IsIdempotent { get; init; }

    /// <summary>The largest <c>limit</c> of a page, or null when the endpoint has no pages.</summary>
    public int? MaxPageSize { get; init; }

    /// <summary>
    /// The most items that one call may name (identifiers in a body, ids in a query), or null when there is no such limit.
    /// </summary>
    public int? MaxItems { get; init; }

    /// <summary>The largest request body in bytes that Brevo accepts, or null when none is published.</summary>
    public int? MaxBodyBytes { get; init; }

    /// <summary>The request body in bytes that Brevo advises not to exceed, or null when none is published.</summary>
    public int? AdvisedBodyBytes { get; init; }

    /// <summary>Brevo's public page about the endpoint, or null when it has none.</summary>
    public Uri? Documentation { get; init; }

    /// <summary>Gives the name.</summary>
    /// <returns><see cref="Name"/></returns>
    public override string ToString() => Name;
}
