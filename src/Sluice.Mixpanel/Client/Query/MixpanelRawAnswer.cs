namespace Sluice.Mixpanel.Client;

/// <summary>An answer as Mixpanel gave it, whatever its status.</summary>
/// <param name="Status">The status.</param>
/// <param name="ContentType">What the body is; null when that was not said.</param>
/// <param name="Body">The body, unpacked; of a failure no more than 64 KB.</param>
/// <param name="RetryAfter">How long it asks to wait; an hour at most.</param>
public sealed record MixpanelRawAnswer(int Status, string? ContentType, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter);
