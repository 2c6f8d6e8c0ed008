namespace Sluice.Simulators.People;

/// <summary>A user as the simulated analytics project knows them: one canonical distinct id and the profile behind it.</summary>
/// <param name="DistinctId">The canonical distinct id.</param>
public sealed record Person(string DistinctId)
{
    private static readonly Dictionary<string, object?> NoProperties = [];

    /// <summary>The profile's <c>$email</c>, exactly as somebody typed it.</summary>
    public string? Email { get; init; }

    /// <summary>The profile's <c>$first_name</c>.</summary>
    public string? FirstName { get; init; }

    /// <summary>The profile's <c>$last_name</c>.</summary>
    public string? LastName { get; init; }

    /// <summary>The profile's <c>$phone</c>.</summary>
    public string? Phone { get; init; }

    /// <summary>All other properties by their raw name.</summary>
    /// <value>Strings, booleans, <see cref="int"/>, <see cref="long"/>, <see cref="double"/>, <see cref="decimal"/>,
    /// <see cref="DateTimeOffset"/>, null, lists and
    /// string-keyed dictionaries of these, and <see cref="System.Text.Json.JsonElement"/>.</value>
    public IReadOnlyDictionary<string, object?> Properties { get; init; } = NoProperties;

    /// <summary>Looks a property up by its raw Mixpanel name, the reserved ones included.</summary>
    /// <returns>False when the profile does not have it.</returns>
    public bool TryGetProperty(string name, out object? value)
    {
        switch (name)
        {
            case "$distinct_id":
                value = DistinctId;
                return true;
            case "$email":
                value = Email;
                return Email is not null;
            case "$first_name":
                value = FirstName;
                return FirstName is not null;
            case "$last_name":
                value = LastName;
                return LastName is not null;
            case "$phone":
                value = Phone;
                return Phone is not null;
            default:
                return Properties.TryGetValue(name, out value);
        }
    }
}
