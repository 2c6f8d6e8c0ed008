namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>What an update does to a property, in the order in which the operations of one update are applied.</summary>
public enum PropertyOperationKind
{
    /// <summary><c>$set</c>: overwrites.</summary>
    Set,

    /// <summary><c>$set_once</c>: sets what is not there yet.</summary>
    SetOnce,

    /// <summary><c>$add</c>: adds a number.</summary>
    Add,

    /// <summary><c>$append</c>: puts one value at the end of a list.</summary>
    Append,

    /// <summary><c>$union</c>: puts those values of a list at the end that are not in it yet.</summary>
    Union,

    /// <summary><c>$remove</c>: takes a value out of a list.</summary>
    Remove,

    /// <summary><c>$unset</c>: deletes the property.</summary>
    Unset,

    /// <summary><c>$delete</c>: deletes the whole profile.</summary>
    Delete,
}
