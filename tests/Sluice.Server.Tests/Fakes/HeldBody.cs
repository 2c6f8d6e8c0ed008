using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Server.Tests.Fakes;

/// <summary>A body that begins and does not end until it is told to.</summary>
internal sealed class HeldBody : HttpContent
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _start;

    public HeldBody(string type, string start)
    {
        _start = start;
        Headers.ContentType = new MediaTypeHeaderValue(type);
    }

    public void Release() => _gate.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(_start));
        await stream.FlushAsync();
        await _gate.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
