using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Identity;

namespace Sluice.Core.People;

/// <summary>One update of one profile, checked and ready to be applied.</summary>
/// <param name="Index">Its place in the request.</param>
/// <param name="Time">When it was made, in milliseconds since 1970: the profile's <c>$last_seen</c>. Null leaves that alone.</param>
/// <param name="IgnoreAlias">The id is meant as sent, whoever it belongs to.</param>
public sealed record ProfileUpdate(int Index, string DistinctId, long? Time, bool IgnoreAlias, IReadOnlyList<ProfileOperation> Operations);

/// <summary>The updates of one request, in the order in which they are applied.</summary>
public sealed record ProfileUpdates(string Project, IdentityMode Mode, IReadOnlyList<ProfileUpdate> Updates)
{
    /// <summary>What is to be passed on of them, in their order; written in the same commit. Null where nothing is.</summary>
    public IReadOnlyList<ForwardedOperation>? Forwarded { get; init; }

    /// <summary>
    /// When it was asked for what they say, by the store's clock; null where they are as new as their coming. Of profiles that have changed
    /// since they only fill in what is missing, and not what was taken away.
    /// </summary>
    public DateTimeOffset? AsOf { get; init; }
}

/// <summary>One update of one group profile.</summary>
/// <param name="GroupKey">The property that names the group on events and profiles, for instance <c>company_id</c>.</param>
public sealed record GroupUpdate(int Index, string GroupKey, string GroupId, IReadOnlyList<ProfileOperation> Operations);

public sealed record GroupUpdates(string Project, IReadOnlyList<GroupUpdate> Updates)
{
    /// <inheritdoc cref="ProfileUpdates.Forwarded"/>
    public IReadOnlyList<ForwardedOperation>? Forwarded { get; init; }
}

/// <summary>An update that cannot be applied to what is stored; it changed nothing.</summary>
/// <param name="Reason">A stable code.</param>
public sealed record RefusedUpdate(int Index, string Reason);

/// <summary>Takes updates of profiles and of group profiles.</summary>
public interface IProfileIntake
{
    /// <summary>Applies updates in their order and returns once they are durable.</summary>
    /// <returns>Those that could not be applied; the others were.</returns>
    /// <exception cref="Cohorts.IntakeBusyException">The store cannot take more at the moment; nothing was changed.</exception>
    Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(ProfileUpdates updates, CancellationToken cancellationToken);

    /// <inheritdoc cref="ApplyAsync(ProfileUpdates, CancellationToken)"/>
    Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(GroupUpdates updates, CancellationToken cancellationToken);

    /// <summary>The store's clock.</summary>
    Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken);
}
