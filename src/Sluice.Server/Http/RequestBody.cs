using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Http;

/// <summary>A request's body with its room in the budget: plain, or gzip undone on the way.</summary>
internal sealed class RequestBody : IDisposable
{
    private readonly BodyBudget.Lease _lease;
    private readonly MeteredStream _wire;
    private readonly MeteredStream _content;

    private RequestBody(BodyBudget.Lease lease, MeteredStream wire, MeteredStream content)
    {
        _lease = lease;
        _wire = wire;
        _content = content;
    }

    /// <summary>
    /// The body without its content encoding. Reading throws <see cref="BodyRefusedException"/>. How much may come out of it is for its
    /// reader to bound; only what is sent is bounded here.
    /// </summary>
    public Stream Content => _content;

    /// <summary>Bytes as sent so far.</summary>
    public long BytesReceived => _wire.BytesRead;

    /// <summary>Opens the body of a request.</summary>
    /// <param name="project">Whose share of the budget it takes.</param>
    /// <param name="shown">How the log names whose share it is, where that is not a project's id.</param>
    /// <param name="room">How much of the budget it takes; null for what it announces, or may have. A body that is read in slices takes less.</param>
    /// <exception cref="BodyRefusedException">It is announced as too large, has an unknown encoding, or there is no room.</exception>
    public static async ValueTask<RequestBody> OpenAsync(
        HttpContext context, string project, long limit, BodyBudget budget, ILogger logger, CancellationToken cancellationToken,
        string? shown = null, long? room = null)
    {
        // The web server's own limit would cut the connection of who sends too much, and the answer that says so with it. What stays
        // unread after our answer it reads away for a few seconds at most.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        var announced = context.Request.ContentLength;
        if (announced > limit)
        {
            throw new BodyRefusedException(BodyRefusal.TooLarge);
        }

        var compressed = IsGzip(context.Request);
        var wanted = room ?? (compressed ? limit : announced ?? limit);
        var lease = await budget.TakeAsync(project, wanted, cancellationToken);
        if (lease is null)
        {
            GatewayLog.BodyBudgetFull(logger, wanted, shown ?? project, budget.Used, budget.Total);
            throw new BodyRefusedException(BodyRefusal.NoRoom);
        }

        // A plain body is bounded by its reader, who can tell more about what it has read by then.
        var wire = new MeteredStream(context.Request.Body, compressed ? limit : long.MaxValue);
        var content = compressed ? new MeteredStream(new GZipStream(wire, CompressionMode.Decompress), long.MaxValue) : wire;
        return new RequestBody(lease, wire, content);
    }

    /// <summary>All has been read: gives back the room that was taken for more than there was.</summary>
    public void ReadToEnd() => _lease.Shrink(_content.BytesRead);

    public void Dispose()
    {
        _content.Dispose();
        _lease.Dispose();
    }

    private static bool IsGzip(HttpRequest request)
    {
        var encodings = request.Headers.ContentEncoding;
        if (encodings.Count == 0)
        {
            return false;
        }

        var encoding = encodings.Count == 1 ? encodings[0].AsSpan().Trim() : default;
        if (encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return encodings.Count == 1 && (encoding.IsEmpty || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            ? false
            : throw new BodyRefusedException(BodyRefusal.Encoding);
    }
}
