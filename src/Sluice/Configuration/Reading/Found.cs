namespace Sluice.Configuration.Reading;

internal enum FoundState
{
    /// <summary>The key is absent, null, or reads an unset variable where that counts as absent.</summary>
    Missing,

    /// <summary>The key is there and wrong; a problem says so.</summary>
    Invalid,

    Valid,
}

/// <summary>What reading a key gave.</summary>
internal readonly record struct Found<T>(FoundState State, T Content)
{
    public static Found<T> Missing => new(FoundState.Missing, default!);

    public static Found<T> Invalid => new(FoundState.Invalid, default!);

    public static Found<T> Of(T content) => new(FoundState.Valid, content);

    public bool IsValid => State == FoundState.Valid;

    public bool IsMissing => State == FoundState.Missing;
}

/// <summary>A value and where it stands.</summary>
internal readonly record struct Placed<T>(T Content, Place Place);
