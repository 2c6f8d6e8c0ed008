namespace Sluice.Brevo;

/// <summary>
/// A contact attribute to be created, or the new options or formula of one that exists. Made by the factories, which allow only what fits
/// together.
/// </summary>
/// <seealso href="https://developers.brevo.com/reference/create-attribute"/>
public sealed class BrevoAttributeDefinition
{
    /// <summary>The most characters of one option.</summary>
    public const int MaxOptionLength = 200;

    private static readonly string[] NormalTypes =
        [BrevoAttributeTypes.Text, BrevoAttributeTypes.Date, BrevoAttributeTypes.Number, BrevoAttributeTypes.Boolean, BrevoAttributeTypes.User];

    private static readonly string[] TransactionalTypes =
        [BrevoAttributeTypes.Text, BrevoAttributeTypes.Date, BrevoAttributeTypes.Number, BrevoAttributeTypes.Boolean, BrevoAttributeTypes.Id];

    private BrevoAttributeDefinition(string category, string name)
    {
        if (!BrevoAttributeNames.IsSafeForCreation(name))
        {
            throw new ArgumentException("Not a name for an attribute: a capital letter, then up to 49 of A-Z, 0-9 and _, and none that Brevo keeps for itself.", nameof(name));
        }

        Category = category;
        Name = name;
    }

    /// <summary>The category, one of <see cref="BrevoAttributeCategories"/>.</summary>
    public string Category { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The type, one of <see cref="BrevoAttributeTypes"/>; null where the category implies it.</summary>
    public string? Type { get; private init; }

    internal IReadOnlyList<CategoryOptionBody>? Enumeration { get; private init; }

    internal IReadOnlyList<string>? MultiCategoryOptions { get; private init; }

    internal string? Value { get; private init; }

    /// <summary>An ordinary attribute.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="type">Text, date, number, boolean or user. For multiple choice see <see cref="MultipleChoice"/>.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or type cannot be used.</exception>
    public static BrevoAttributeDefinition Normal(string name, string type) =>
        new(BrevoAttributeCategories.Normal, name) { Type = OneOf(type, NormalTypes) };

    /// <summary>An attribute of transactions.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="type">Text, date, number, boolean or id.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or type cannot be used.</exception>
    public static BrevoAttributeDefinition Transactional(string name, string type) =>
        new(BrevoAttributeCategories.Transactional, name) { Type = OneOf(type, TransactionalTypes) };

    /// <summary>An attribute whose value is any number of the options.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="options">The options, each of 1 to 200 characters; at least one.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or options cannot be used.</exception>
    public static BrevoAttributeDefinition MultipleChoice(string name, params IReadOnlyList<string> options) =>
        new(BrevoAttributeCategories.Normal, name)
        {
            Type = BrevoAttributeTypes.MultipleChoice,
            MultiCategoryOptions = [.. NonEmpty(options).Select(Option)],
        };

    /// <summary>An attribute whose value is one of numbered options.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="options">The options: number and label of 1 to 200 characters; at least one.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or options cannot be used.</exception>
    public static BrevoAttributeDefinition Enumerated(string name, params IReadOnlyList<(long Value, string Label)> options) =>
        new(BrevoAttributeCategories.Category, name)
        {
            Enumeration = [.. NonEmpty(options).Select(option => new CategoryOptionBody(option.Value, Option(option.Label)))],
        };

    /// <summary>An attribute computed for each contact.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="formula">The formula in Brevo's language.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or formula cannot be used.</exception>
    public static BrevoAttributeDefinition Calculated(string name, string formula) =>
        new(BrevoAttributeCategories.Calculated, name) { Value = Formula(formula) };

    /// <summary>An attribute computed over all contacts.</summary>
    /// <param name="name">The name, in capitals.</param>
    /// <param name="formula">The formula in Brevo's language.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ArgumentException">Name or formula cannot be used.</exception>
    public static BrevoAttributeDefinition Global(string name, string formula) =>
        new(BrevoAttributeCategories.Global, name) { Value = Formula(formula) };

    /// <summary>Names category, name and type.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => Type is null ? $"{Category} {Name}" : $"{Category} {Name} ({Type})";

    private static string OneOf(string type, string[] types) =>
        types.Contains(type) ? type : throw new ArgumentException($"Not a type for this category; possible are {string.Join(", ", types)}.", nameof(type));

    private static IReadOnlyList<T> NonEmpty<T>(IReadOnlyList<T> options) =>
        options is { Count: > 0 } ? options : throw new ArgumentException("At least one option is needed.", nameof(options));

    private static string Option(string option) =>
        !string.IsNullOrWhiteSpace(option) && option.Length <= MaxOptionLength
            ? option
            : throw new ArgumentException($"An option has 1 to {MaxOptionLength} characters.", nameof(option));

    private static string Formula(string formula) =>
        !string.IsNullOrWhiteSpace(formula) ? formula : throw new ArgumentException("The formula is empty.", nameof(formula));
}
