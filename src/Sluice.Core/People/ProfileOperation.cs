namespace Sluice.Core.People;

/// <summary>What an update does to a profile.</summary>
public enum ProfileOperationKind
{
    /// <summary>Overwrites a property.</summary>
    Set,

    /// <summary>Sets a property that is not there yet.</summary>
    SetOnce,

    /// <summary>Adds a number to a property; one that is not there counts as 0.</summary>
    Add,

    /// <summary>Puts a value at the end of a list, even if it is in it.</summary>
    Append,

    /// <summary>Puts those values of a list at the end of a list that are not in it yet.</summary>
    Union,

    /// <summary>Takes a value out of a list, wherever it stands in it.</summary>
    Remove,

    /// <summary>Deletes a property.</summary>
    Unset,

    /// <summary>Deletes the profile.</summary>
    Delete,
}

/// <summary>One operation on one property of a profile.</summary>
/// <param name="Name">The property; empty for <see cref="ProfileOperationKind.Delete"/>.</param>
/// <param name="Value">
/// The operand as compact JSON in UTF-8: a number for <see cref="ProfileOperationKind.Add"/>, a list for
/// <see cref="ProfileOperationKind.Union"/>; nothing for <see cref="ProfileOperationKind.Unset"/> and
/// <see cref="ProfileOperationKind.Delete"/>.
/// </param>
public readonly record struct ProfileOperation(ProfileOperationKind Kind, string Name, ReadOnlyMemory<byte> Value);
