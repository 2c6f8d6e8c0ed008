namespace Sluice.Brevo;

/// <summary>
/// Where the rows of an import come from: <see cref="BrevoImportCsv"/>, <see cref="BrevoImportCsvText"/>, <see cref="BrevoImportJson"/>
/// or <see cref="BrevoImportUrl"/>.
/// </summary>
public abstract class BrevoImportSource
{
    private protected BrevoImportSource()
    {
    }

    /// <summary>The rows' size that Brevo advises not to exceed: 8,000,000 bytes, measured as they stand in the request.</summary>
    public static int AdvisedBytes => BrevoEndpoints.ContactsImport.AdvisedBodyBytes!.Value;

    /// <summary>The request's size that Brevo does not take beyond: 10,000,000 bytes.</summary>
    public static int MaxBytes => BrevoEndpoints.ContactsImport.MaxBodyBytes!.Value;

    internal abstract BrevoContent ToContent(ImportBody settings);

    /// <summary>
    /// Puts rows that are already bytes of JSON between <paramref name="before"/> and <paramref name="after"/>, and the settings behind
    /// them, without copying the rows.
    /// </summary>
    private protected static BrevoContent Embed(PooledBuffer rows, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, ImportBody settings)
    {
        var frame = new PooledBuffer(1024);
        frame.Write(before);
        var insertAt = frame.Length;
        frame.Write(after);

        // The settings are an object of at least one field; its opening brace becomes the comma behind the rows.
        var brace = frame.Length;
        RequestBodies.Write(frame, settings, BrevoWriteContext.Default.ImportBody);
        frame.Overwrite(brace, (byte)',');
        return new BrevoContent(frame, rows, insertAt);
    }
}

/// <summary>Rows in a public file that Brevo fetches: <c>.csv</c>, <c>.txt</c> or <c>.json</c>.</summary>
public sealed class BrevoImportUrl : BrevoImportSource
{
    /// <summary>Names the file.</summary>
    /// <param name="url">Its address, absolute, http or https, reachable for Brevo.</param>
    /// <exception cref="ArgumentException">The address is not absolute http or https.</exception>
    public BrevoImportUrl(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        Address = RequestBodies.Address(url, nameof(url))!;
    }

    internal string Address { get; }

    internal override BrevoContent ToContent(ImportBody settings) =>
        RequestBodies.ToContent(settings, BrevoWriteContext.Default.ImportBody);
}
