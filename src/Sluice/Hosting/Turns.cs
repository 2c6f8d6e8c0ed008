using System.Threading.Channels;

namespace Sluice.Hosting;

/// <summary>One at a time, in the order of asking. Unlike a semaphore it holds nothing that must be disposed of.</summary>
internal sealed class Turns
{
    private readonly Channel<bool> _one = Channel.CreateBounded<bool>(1);

    public async Task WaitAsync(CancellationToken cancellationToken) => await _one.Writer.WriteAsync(true, cancellationToken);

    public void Release() => _one.Reader.TryRead(out _);
}
