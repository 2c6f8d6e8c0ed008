namespace Sluice.Brevo;

/// <summary>One call that is about to be made, as a gate sees it.</summary>
/// <param name="Endpoint">The endpoint's name, one of <see cref="BrevoEndpoints.All"/>, for example <c>contacts.import</c>.</param>
/// <param name="Bucket">The bucket that the call is counted in.</param>
public sealed record BrevoCall(string Endpoint, BrevoBucket Bucket);
