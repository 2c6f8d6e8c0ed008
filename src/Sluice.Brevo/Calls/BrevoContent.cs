using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Brevo;

/// <summary>A JSON body in up to three pieces, sent from where they lie, as often as the transport asks.</summary>
internal sealed class BrevoContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly PooledBuffer _body;
    private readonly PooledBuffer? _insert;
    private readonly int _insertAt;
    private int _started;
    private int _disposed;

    /// <summary>A body that owns its only buffer.</summary>
    public BrevoContent(PooledBuffer body)
        : this(body, insert: null, insertAt: 0)
    {
    }

    /// <summary>
    /// A body that owns <paramref name="body"/> and holds the caller's <paramref name="insert"/>, which stands at
    /// <paramref name="insertAt"/> in it.
    /// </summary>
    public BrevoContent(PooledBuffer body, PooledBuffer? insert, int insertAt)
    {
        _body = body;
        _insert = insert;
        _insertAt = insertAt;
        insert?.Hold();
        Headers.ContentType = Json;
    }

    /// <summary>Whether the transport has begun to take the body. Before that, Brevo cannot have acted on the request.</summary>
    public bool WasStarted => Volatile.Read(ref _started) != 0;

    public int Length => _body.Length + (_insert?.Length ?? 0);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _started, 1);
        _body.Hold();
        _insert?.Hold();
        try
        {
            if (_insert is null)
            {
                await stream.WriteAsync(_body.Written, cancellationToken);
                return;
            }

            await stream.WriteAsync(_body.Written[.._insertAt], cancellationToken);
            await stream.WriteAsync(_insert.Written, cancellationToken);
            await stream.WriteAsync(_body.Written[_insertAt..], cancellationToken);
        }
        finally
        {
            _insert?.Release();
            _body.Release();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _insert?.Release();
            _body.Dispose();
        }

        base.Dispose(disposing);
    }
}
