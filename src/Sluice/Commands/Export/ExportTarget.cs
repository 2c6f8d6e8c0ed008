using System.IO.Compression;

namespace Sluice.Commands.Export;

/// <summary>Where an export goes, window by window.</summary>
internal abstract class ExportTarget : IDisposable
{
    private readonly bool _gzip;
    private GZipStream? _packed;

    protected ExportTarget(bool gzip) => _gzip = gzip;

    /// <summary>The last day that is whole already; null when none is.</summary>
    public abstract DateOnly? Done { get; }

    public abstract long Length { get; }

    public abstract long Records { get; }

    public abstract long Damaged { get; }

    /// <summary>Whether a window that broke can be taken back and written again.</summary>
    public abstract bool CanGoBack { get; }

    protected abstract Stream Bytes { get; }

    /// <summary>Begins a window. Each is packed by itself, so that a file can be cut between two of them.</summary>
    public Stream Begin() => _gzip ? _packed = new GZipStream(Bytes, CompressionLevel.Optimal, leaveOpen: true) : Bytes;

    /// <summary>The window is whole.</summary>
    public async Task CommitAsync(DateOnly done, long records, long damaged, CancellationToken cancellationToken)
    {
        await ClosePackedAsync();
        await Bytes.FlushAsync(cancellationToken);
        Keep(done, records, damaged);
    }

    /// <summary>The window broke.</summary>
    public async Task GoBackAsync()
    {
        await ClosePackedAsync();
        TakeBack();
    }

    /// <summary>Everything is there.</summary>
    public abstract void Finish();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Keep(DateOnly done, long records, long damaged);

    protected abstract void TakeBack();

    protected virtual void Dispose(bool disposing)
    {
    }

    private async Task ClosePackedAsync()
    {
        if (_packed is not null)
        {
            await _packed.DisposeAsync();
            _packed = null;
        }
    }
}
