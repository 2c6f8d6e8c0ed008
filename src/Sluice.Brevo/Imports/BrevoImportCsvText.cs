using System.Buffers;
using System.Text.Unicode;

namespace Sluice.Brevo;

/// <summary>
/// A CSV that exists already, as the source of an import: its first line holds the columns, the separator is <c>;</c>. Sent as it is; for
/// rows of one's own use <see cref="BrevoImportCsv"/>.
/// </summary>
/// <remarks>
/// Kept in one pooled array as the bytes that go over the wire; <see cref="Dispose"/> gives it back, after the request is over if one is
/// running.
/// </remarks>
public sealed class BrevoImportCsvText : BrevoImportSource, IDisposable
{
    private readonly PooledBuffer _buffer;

    private BrevoImportCsvText(PooledBuffer buffer)
    {
        _buffer = buffer;
    }

    /// <summary>The size, in bytes as they stand in the request.</summary>
    public int ByteCount => _buffer.Length;

    /// <summary>Takes a CSV from memory.</summary>
    /// <param name="utf8">The CSV in UTF-8. A byte order mark is left out.</param>
    /// <returns>The source; to be disposed.</returns>
    /// <exception cref="ArgumentException">It is empty, not UTF-8, or larger than 10,000,000 bytes inside a request.</exception>
    public static BrevoImportCsvText FromUtf8(ReadOnlySpan<byte> utf8)
    {
        var buffer = new PooledBuffer(Math.Min(utf8.Length + (utf8.Length / 16) + 16, MaxBytes));
        try
        {
            while (!utf8.IsEmpty)
            {
                var piece = utf8[..Math.Min(utf8.Length, 64 * 1024)];
                Append(buffer, piece, nameof(utf8));
                utf8 = utf8[piece.Length..];
            }

            return Finish(buffer, nameof(utf8));
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Takes a CSV from a stream, up to its end.</summary>
    /// <param name="utf8">The CSV in UTF-8. A byte order mark is left out. Not disposed.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The source; to be disposed.</returns>
    /// <exception cref="ArgumentException">It is empty, not UTF-8, or larger than 10,000,000 bytes inside a request.</exception>
    public static async Task<BrevoImportCsvText> ReadAsync(Stream utf8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        var buffer = new PooledBuffer(256 * 1024);
        var piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while ((read = await utf8.ReadAsync(piece, cancellationToken)) > 0)
            {
                Append(buffer, piece.AsSpan(0, read), nameof(utf8));
            }

            return Finish(buffer, nameof(utf8));
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Gives the memory back, at once or when the request that sends it is over.</summary>
    public void Dispose() => _buffer.Dispose();

    internal override BrevoContent ToContent(ImportBody settings) => Embed(_buffer, "{\"fileBody\":\""u8, "\""u8, settings);

    private static void Append(PooledBuffer buffer, ReadOnlySpan<byte> piece, string parameter)
    {
        JsonText.Append(buffer, piece);
        if (buffer.Length > MaxBytes)
        {
            throw new ArgumentException($"The CSV is larger than {MaxBytes} bytes.", parameter);
        }
    }

    private static BrevoImportCsvText Finish(PooledBuffer buffer, string parameter)
    {
        // Escapes are ASCII and leave all other bytes as they were, so that the escaped text is UTF-8 exactly when the CSV was.
        if (!Utf8.IsValid(buffer.Written.Span))
        {
            throw new ArgumentException("The CSV is not UTF-8.", parameter);
        }

        buffer.RemovePrefix("\uFEFF"u8);
        return buffer.Length > 0 ? new BrevoImportCsvText(buffer) : throw new ArgumentException("The CSV is empty.", parameter);
    }
}
