namespace Sluice.Mixpanel.Cohorts;

/// <summary>A member that cannot be used, with what a dead letter needs. It owns its memory.</summary>
public sealed class RejectedCohortMember
{
    internal RejectedCohortMember()
    {
    }

    /// <summary>The place of the member in the page's list, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The reason, one of <see cref="CohortRejectionReasons"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>The reason in words for a person, without anything that the member carries.</summary>
    public required string Detail { get; init; }

    /// <summary>The member's id where it can be read although the member cannot be used, otherwise null.</summary>
    public string? DistinctId { get; init; }

    /// <summary>The member's e-mail as sent where it can be read, otherwise null.</summary>
    public string? Email { get; init; }

    /// <summary>The member's phone number as sent where it can be read, otherwise null.</summary>
    public string? Phone { get; init; }

    /// <summary>The member as received, or its beginning. Always valid UTF-8.</summary>
    /// <value>
    /// JSON text, or base64 of the bytes when <see cref="PayloadIsBase64"/>. It may hold the escape <c>\u0000</c> or half
    /// a surrogate pair as an escape: keep it as text, a database's JSON type may refuse it.
    /// </value>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Whether the bytes were not valid UTF-8, so that <see cref="Payload"/> holds them as base64.</summary>
    public required bool PayloadIsBase64 { get; init; }

    /// <summary>Whether <see cref="Payload"/> holds only the beginning of the member.</summary>
    public required bool PayloadIsCut { get; init; }

    /// <summary>How many bytes the whole member had as received.</summary>
    public required long ReceivedBytes { get; init; }
}
