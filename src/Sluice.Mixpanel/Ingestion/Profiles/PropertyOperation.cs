namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>One operation on one property.</summary>
public readonly struct PropertyOperation
{
    private readonly ByteArena? _arena;
    private readonly int _start;
    private readonly int _length;

    internal PropertyOperation(PropertyOperationKind kind, string name, ByteArena? arena, int start, int length)
    {
        Kind = kind;
        Name = name;
        _arena = arena;
        _start = start;
        _length = length;
    }

    /// <summary>What is done.</summary>
    public PropertyOperationKind Kind { get; }

    /// <summary>The property's name; empty for <see cref="PropertyOperationKind.Delete"/>.</summary>
    public string Name { get; }

    /// <summary>The operand, valid until the batch is disposed.</summary>
    /// <value>
    /// Compact JSON in UTF-8: a number for <see cref="PropertyOperationKind.Add"/>, a list for <see cref="PropertyOperationKind.Union"/>;
    /// nothing for <see cref="PropertyOperationKind.Unset"/> and <see cref="PropertyOperationKind.Delete"/>.
    /// </value>
    public ReadOnlyMemory<byte> Value => _arena is null ? default : _arena.Slice(_start, _length);
}
