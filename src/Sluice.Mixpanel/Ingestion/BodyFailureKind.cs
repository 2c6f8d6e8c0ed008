namespace Sluice.Mixpanel.Ingestion;

/// <summary>Why a body was refused as a whole.</summary>
public enum BodyFailureKind
{
    /// <summary>There is no record in it.</summary>
    Empty,

    /// <summary>It is neither a JSON list, nor a JSON object, nor lines of JSON objects.</summary>
    NotJson,

    /// <summary>It has more records than one request may have.</summary>
    TooManyRecords,

    /// <summary>It holds <c>$identify</c>, <c>$create_alias</c> or <c>$merge</c>, and the project merges ids by itself.</summary>
    IdentityEvents,
}
