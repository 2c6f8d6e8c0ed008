using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Query;

/// <summary>
/// Writes an answer piece by piece. Whoever takes nothing of it for long is cut off: until then the answer costs memory here, or a place at Mixpanel. The web server's own
/// limit is none for large answers: what was taken quickly counts there for what comes.
/// </summary>
internal sealed class AnswerWriter : IDisposable
{
    /// <summary>How long a caller may take nothing.</summary>
    public static readonly TimeSpan LongestStandstill = TimeSpan.FromMinutes(2);

    private const int PieceBytes = 64 * 1024;

    private readonly HttpContext _context;
    private readonly CancellationTokenSource _standstill;
    private readonly CancellationTokenSource _either;

    public AnswerWriter(HttpContext context, TimeProvider time)
    {
        _context = context;
        _standstill = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _standstill.Token);
    }

    /// <returns>False when the caller was cut off.</returns>
    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var piece = bytes[..Math.Min(PieceBytes, bytes.Length)];
            _standstill.CancelAfter(LongestStandstill);
            try
            {
                await _context.Response.Body.WriteAsync(piece, _either.Token);
            }
            catch (OperationCanceledException) when (_standstill.IsCancellationRequested && !_context.RequestAborted.IsCancellationRequested)
            {
                _context.Abort();
                return false;
            }

            bytes = bytes[piece.Length..];
        }

        _standstill.CancelAfter(Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>Passes a stream on. Nothing is held back: what comes goes on. One that breaks off must not look whole.</summary>
    public async Task CopyAsync(Stream body)
    {
        try
        {
            // It may take minutes until there is more than a status.
            await _context.Response.Body.FlushAsync(_context.RequestAborted);
            var piece = new byte[PieceBytes];
            int read;
            while ((read = await body.ReadAsync(piece, _context.RequestAborted)) > 0)
            {
                if (!await WriteAsync(piece.AsMemory(0, read)))
                {
                    return;
                }
            }
        }
        catch (Exception) when (!_context.RequestAborted.IsCancellationRequested)
        {
            _context.Abort();
            throw;
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _standstill.Dispose();
    }
}
