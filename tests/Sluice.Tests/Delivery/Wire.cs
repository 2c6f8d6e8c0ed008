using System.Net;

namespace Sluice.Tests.Delivery;

/// <summary>Counts the calls that are on their way, until whoever made them is done with the answer.</summary>
internal sealed class Wire(Activity activity, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var step = Step.Current;
        activity.Begin();
        step?.Lay();
        try
        {
            // Without the caller's context, as whoever waits for the answer does.
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            response.Content = new Answer(response.Content, activity, step);
            return response;
        }
        catch
        {
            step?.TakeUp();
            throw;
        }
        finally
        {
            activity.EndSoon();
        }
    }

    /// <summary>An answer that counts until it is disposed.</summary>
    private sealed class Answer : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly Activity _activity;
        private readonly Step? _step;
        private int _disposed;

        public Answer(HttpContent inner, Activity activity, Step? step)
        {
            (_inner, _activity, _step) = (inner, activity, step);
            foreach (var (name, values) in inner.Headers)
            {
                Headers.TryAddWithoutValidation(name, values);
            }

            activity.Begin();
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _inner.CopyToAsync(stream, context, cancellationToken);

        protected override Task<Stream> CreateContentReadStreamAsync() => _inner.ReadAsStreamAsync();

        protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => _inner.ReadAsStreamAsync(cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                _inner.Dispose();
                _step?.TakeUp();
                _activity.EndSoon();
            }

            base.Dispose(disposing);
        }
    }
}
