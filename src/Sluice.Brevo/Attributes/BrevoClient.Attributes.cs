namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>
    /// Lists all contact attributes of the account. What is not among them cannot be written: Brevo drops it without a word.
    /// </summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The attributes, in no particular order.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-attributes"/>
    public async Task<IReadOnlyList<BrevoAttributeInfo>> GetAttributesAsync(CancellationToken cancellationToken = default) =>
        (await _transport.ReadAsync(BrevoEndpoints.AttributesList, "/contacts/attributes", null, BrevoReadContext.Default.AttributesAnswer, cancellationToken)).Attributes;

    /// <summary>Creates a contact attribute.</summary>
    /// <param name="attribute">What to create.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was created; false when one of this name exists, of whatever type. List the attributes to see.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-attribute"/>
    public async Task<bool> CreateAttributeAsync(BrevoAttributeDefinition attribute, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        var body = new AttributeBody
        {
            // Enumerations and formulas have no type of their own, but a body without any field is refused.
            Type = attribute.Category == BrevoAttributeCategories.Category ? BrevoAttributeCategories.Category : attribute.Type,
            Enumeration = attribute.Enumeration,
            MultiCategoryOptions = attribute.MultiCategoryOptions,
            Value = attribute.Value,
        };
        try
        {
            await _transport.WriteAsync(
                BrevoEndpoints.AttributesCreate,
                AttributePath(attribute.Category, attribute.Name),
                RequestBodies.ToContent(body, BrevoWriteContext.Default.AttributeBody),
                cancellationToken);
            return true;
        }
        catch (BrevoApiException e) when (e.Kind == BrevoFailureKind.AlreadyExists)
        {
            return false;
        }
    }

    /// <summary>
    /// Replaces the options of a category or multiple-choice attribute, or the formula of a calculated or global one. A type cannot be
    /// changed.
    /// </summary>
    /// <param name="attribute">What the attribute is to become.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="ArgumentException">The attribute has neither options nor a formula.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. <see cref="BrevoFailureKind.NotFound"/> when there is no such
    /// attribute.</exception>
    /// <seealso href="https://developers.brevo.com/reference/update-attribute"/>
    public Task UpdateAttributeAsync(BrevoAttributeDefinition attribute, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attribute);
        if (attribute is { Enumeration: null, MultiCategoryOptions: null, Value: null })
        {
            throw new ArgumentException("Only options and formulas can be updated.", nameof(attribute));
        }

        var body = new AttributeBody
        {
            Enumeration = attribute.Enumeration,
            MultiCategoryOptions = attribute.MultiCategoryOptions,
            Value = attribute.Value,
        };
        return _transport.WriteAsync(
            BrevoEndpoints.AttributesUpdate,
            AttributePath(attribute.Category, attribute.Name),
            RequestBodies.ToContent(body, BrevoWriteContext.Default.AttributeBody),
            cancellationToken);
    }

    /// <summary>Deletes a contact attribute and its values in all contacts, for good.</summary>
    /// <param name="category">The category, one of <see cref="BrevoAttributeCategories"/>.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was deleted, false when there was none.</returns>
    /// <exception cref="ArgumentException">Category or name is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/delete-attribute"/>
    public Task<bool> DeleteAttributeAsync(string category, string name, CancellationToken cancellationToken = default) =>
        OrFalseAsync(_transport.WriteAsync(BrevoEndpoints.AttributesDelete, AttributePath(category, name), null, cancellationToken));

    private static string AttributePath(string category, string name) =>
        $"/contacts/attributes/{Segment(category, nameof(category))}/{Segment(name, nameof(name))}";

    private static string Segment(string value, string parameter) =>
        !string.IsNullOrWhiteSpace(value) && value is not ("." or "..") ? Uri.EscapeDataString(value) : throw new ArgumentException("The value cannot stand in a path.", parameter);
}
