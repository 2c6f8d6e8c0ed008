using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Mixpanel.Client;

/// <summary>A body, written when the transport asks for it.</summary>
internal sealed class IngestionContent : HttpContent
{
    private readonly Func<Stream, CancellationToken, Task> _write;
    private readonly bool _compress;
    private int _started;

    /// <param name="mediaType">What the body is.</param>
    /// <param name="write">Writes the body, uncompressed.</param>
    /// <param name="compress">Whether it goes out as gzip.</param>
    public IngestionContent(string mediaType, Func<Stream, CancellationToken, Task> write, bool compress)
    {
        _write = write;
        _compress = compress;
        Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        if (compress)
        {
            Headers.ContentEncoding.Add("gzip");
        }
    }

    /// <summary>Whether the transport has begun to take the body. Before that, Mixpanel cannot have acted on the request.</summary>
    public bool WasStarted => Volatile.Read(ref _started) != 0;

    /// <summary>What the writer of the body threw: that is the caller's failure and not the wire's.</summary>
    public Exception? WriterFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _started, 1);
        if (!_compress)
        {
            await WriteAsync(stream, cancellationToken).ConfigureAwait(false);
            return;
        }

        var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await using (packed.ConfigureAwait(false))
        {
            await WriteAsync(packed, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await _write(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            WriterFailure = e;
            throw;
        }
    }
}
