namespace Sluice.Brevo;

/// <summary>
/// Builds the JSON rows of an import one by one, up to a size. When <see cref="TryAppend"/> says no, send what is there and go on with
/// the next chunk, in a new instance or after <see cref="Clear"/>.
/// </summary>
/// <remarks>
/// A row takes more than twice the bytes of the same row in <see cref="BrevoImportCsv"/>; in return its values have types. Memory and
/// threads are as there.
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/import-contacts"/>
public sealed class BrevoImportJson : BrevoImportSource, IDisposable
{
    private readonly PooledBuffer _buffer;
    private readonly int _maxBytes;

    /// <summary>Begins without rows.</summary>
    /// <param name="maxBytes">How large it may become, in bytes as they stand in the request. Default 8,000,000, as Brevo advises; at
    /// most 10,000,000 less what the request needs around it.</param>
    public BrevoImportJson(int? maxBytes = null)
    {
        _maxBytes = maxBytes ?? AdvisedBytes;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_maxBytes, nameof(maxBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_maxBytes, MaxBytes, nameof(maxBytes));
        _buffer = new PooledBuffer(Math.Min(_maxBytes, 64 * 1024));
    }

    /// <summary>How many rows there are.</summary>
    public int RowCount { get; private set; }

    /// <summary>The size so far, in bytes as they stand in the request.</summary>
    public int ByteCount => _buffer.Length;

    /// <summary>Appends a row, unless it does not fit.</summary>
    /// <param name="email">The address, or null. Sent without white space around it and in lower case.</param>
    /// <param name="attributes">Values to set, other identifiers (SMS, WHATSAPP, LANDLINE_NUMBER, EXT_ID) among them.</param>
    /// <returns>False when the row would make the rows larger than allowed. It is not appended then, and nothing has changed.</returns>
    /// <exception cref="ArgumentException">Nothing in the row identifies a contact; or the address is among the attributes; or the row
    /// would not fit alone either.</exception>
    /// <exception cref="InvalidOperationException">The rows are being sent.</exception>
    public bool TryAppend(string? email, BrevoAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        if (attributes.Contains(BrevoAttributeNames.Email))
        {
            throw new ArgumentException("EMAIL is not an attribute of a row; use the parameter.", nameof(attributes));
        }

        if (string.IsNullOrWhiteSpace(email) && !BrevoAttributeNames.Identifiers.Any(attributes.HasText))
        {
            throw new ArgumentException("Nothing in the row identifies a contact.", nameof(attributes));
        }

        var before = _buffer.Length;
        if (RowCount > 0)
        {
            _buffer.Write((byte)',');
        }

        var row = new ImportRowBody
        {
            Email = string.IsNullOrWhiteSpace(email) ? null : BrevoEmail.Normalize(email),
            Attributes = attributes.Count == 0 ? null : attributes,
        };
        RequestBodies.Write(_buffer, row, BrevoWriteContext.Default.ImportRowBody);
        if (_buffer.Length > _maxBytes)
        {
            _buffer.Truncate(before);
            return RowCount > 0 ? false : throw new ArgumentException($"The row alone is larger than the {_maxBytes} bytes that the rows may have.", nameof(attributes));
        }

        RowCount++;
        return true;
    }

    /// <summary>Forgets all rows, to begin the next chunk in the same memory.</summary>
    /// <exception cref="InvalidOperationException">The rows are being sent.</exception>
    public void Clear()
    {
        _buffer.Truncate(0);
        RowCount = 0;
    }

    /// <summary>Gives the memory back, at once or when the request that sends it is over.</summary>
    public void Dispose() => _buffer.Dispose();

    internal override BrevoContent ToContent(ImportBody settings) =>
        RowCount > 0 ? Embed(_buffer, "{\"jsonBody\":["u8, "]"u8, settings) : throw new ArgumentException("The import has no rows.");
}
