namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>An answer in Mixpanel's shape.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="ContentType">The media type of the body.</param>
/// <param name="Body">The body.</param>
public readonly record struct IngestionAnswer(int StatusCode, string ContentType, ReadOnlyMemory<byte> Body);
