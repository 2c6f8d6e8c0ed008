namespace Sluice.Configuration.Definition;

/// <summary>One key of a block.</summary>
/// <param name="name">As written in the file.</param>
/// <param name="shape">What it accepts.</param>
/// <param name="meaning">What it does, in a sentence or two of Markdown.</param>
internal abstract class Key(string name, Shape shape, string meaning)
{
    public string Name { get; } = name;

    public Shape Shape { get; } = shape;

    public string Meaning { get; } = meaning;

    /// <summary>What stands for the key when it is not there, as YAML on one line; null when no value does.</summary>
    public string? DefaultText { get; init; }

    /// <summary>What happens without the key, in words, where no value could say it.</summary>
    public string? Without { get; init; }

    /// <summary>A value to show, as YAML on one line; null where an example says nothing.</summary>
    public string? Example { get; init; }

    /// <summary>Whether the block makes no sense without the key.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether this version knows the key without using it.</summary>
    public bool IsUnused => Shape is UnusedShape;
}

/// <inheritdoc/>
/// <typeparam name="T">What it is read into.</typeparam>
internal sealed class Key<T>(string name, Shape<T> shape, string meaning) : Key(name, shape, meaning)
{
    public Shape<T> Reader => (Shape<T>)Shape;

    /// <summary>What a key that is not there is read as.</summary>
    public T? Default { get; init; }
}
