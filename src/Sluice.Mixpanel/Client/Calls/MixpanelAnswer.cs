namespace Sluice.Mixpanel.Client;

/// <summary>A whole answer, of whatever status.</summary>
internal readonly record struct MixpanelAnswer(int Status, string? ContentType, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter);
