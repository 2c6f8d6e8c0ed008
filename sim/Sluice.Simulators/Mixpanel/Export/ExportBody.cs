using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Export;

/// <summary>The lines of an export on their way: packed when there are enough of them, and spoiled as the fault script says.</summary>
internal sealed class ExportBody(World world, bool acceptsGzip, int? limit, IEnumerable<ReadOnlyMemory<byte>> stored) : IMixpanelBody
{
    private const int FirstPackedByte = 1_400;

    /// <summary>The events that are made on the fly, behind the stored ones.</summary>
    public GeneratedPart? Generated { get; set; }

    public async Task<bool> WriteAsync(HttpResponse response, IReadOnlyList<MixpanelFaultEffect> faults, CancellationToken cancellationToken)
    {
        var script = faults.FirstOrDefault(fault => fault.Kind is MixpanelFaultKind.CutInside or MixpanelFaultKind.TerminatedEarly
            or MixpanelFaultKind.SplitLine or MixpanelFaultKind.SlowBody);
        await using var body = new PackedBody(response, acceptsGzip ? FirstPackedByte : int.MaxValue);
        if (script is null && limit is null && acceptsGzip && Generated is { IsPrepared: true } prepared)
        {
            await CopyAsync(body, stored, cancellationToken);
            await body.AppendPackedAsync(prepared.Packed(), cancellationToken);
            return true;
        }

        var lines = Generated is { } generated ? stored.Concat(generated.Lines()) : stored;
        if (script is null && limit is null)
        {
            await CopyAsync(body, lines, cancellationToken);
            return true;
        }

        return await CopyLinesAsync(body, lines, script, cancellationToken);
    }

    private static async Task CopyAsync(PackedBody body, IEnumerable<ReadOnlyMemory<byte>> batches, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            await body.WriteAsync(batch, cancellationToken);
        }
    }

    private async Task<bool> CopyLinesAsync(
        PackedBody body, IEnumerable<ReadOnlyMemory<byte>> batches, MixpanelFaultEffect? fault, CancellationToken cancellationToken)
    {
        var number = 0;
        foreach (var line in batches.SelectMany(Lines))
        {
            if (number == limit)
            {
                return true;
            }

            if (number++ != fault?.Lines)
            {
                await body.WriteAsync(line, cancellationToken);
                continue;
            }

            switch (fault.Kind)
            {
                case MixpanelFaultKind.CutInside:
                    // Half of a line is what a cut connection leaves behind.
                    await body.WriteAsync(line[..(line.Length / 2)], cancellationToken);
                    await body.FlushAsync(cancellationToken);
                    return false;
                case MixpanelFaultKind.TerminatedEarly:
                    await body.WriteAsync(Encoding.ASCII.GetBytes("terminated early\n"), cancellationToken);
                    return true;
                case MixpanelFaultKind.SplitLine:
                    await body.WriteAsync(line[..(line.Length / 2)], cancellationToken);
                    await body.WriteAsync("\n"u8.ToArray(), cancellationToken);
                    await body.WriteAsync(line[(line.Length / 2)..], cancellationToken);
                    break;
                default:
                    await body.FlushAsync(cancellationToken);
                    await world.Held.WaitAsync(fault.Duration, world.Options.Clock, cancellationToken);
                    await body.WriteAsync(line, cancellationToken);
                    break;
            }
        }

        return true;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> batch)
    {
        while (batch.Length > 0)
        {
            var end = batch.Span.IndexOf((byte)'\n') + 1;
            yield return batch[..end];
            batch = batch[end..];
        }
    }

    /// <summary>Keeps the first bytes back until it is known whether there are enough to pack them.</summary>
    private sealed class PackedBody(HttpResponse response, int firstPackedByte) : IAsyncDisposable
    {
        private readonly MemoryStream _held = new();
        private GZipStream? _packed;

        public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (_packed is null && firstPackedByte == int.MaxValue)
            {
                await response.Body.WriteAsync(bytes, cancellationToken);
                return;
            }

            if (_packed is null && _held.Length + bytes.Length <= firstPackedByte)
            {
                _held.Write(bytes.Span);
                return;
            }

            await (await PackAsync(cancellationToken)).WriteAsync(bytes, cancellationToken);
        }

        /// <summary>Puts packed files behind what was written: packed bytes stay so when they are joined.</summary>
        public async Task AppendPackedAsync(IEnumerable<Stream> files, CancellationToken cancellationToken)
        {
            if (_held.Length > 0 || _packed is not null)
            {
                await (await PackAsync(cancellationToken)).DisposeAsync();
            }

            response.Headers.ContentEncoding = "gzip";
            foreach (var file in files)
            {
                await using (file)
                {
                    await file.CopyToAsync(response.Body, cancellationToken);
                }
            }

            _held.SetLength(0);
            _packed = null;
        }

        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_packed is not null)
            {
                await _packed.FlushAsync(cancellationToken);
            }
            else
            {
                await ReleaseAsync(cancellationToken);
            }

            await response.Body.FlushAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (_packed is not null)
            {
                await _packed.DisposeAsync();
            }
            else
            {
                await ReleaseAsync(CancellationToken.None);
            }
        }

        private async Task<GZipStream> PackAsync(CancellationToken cancellationToken)
        {
            if (_packed is null)
            {
                response.Headers.ContentEncoding = "gzip";
                _packed = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
                await _packed.WriteAsync(_held.GetBuffer().AsMemory(0, (int)_held.Length), cancellationToken);
                _held.SetLength(0);
            }

            return _packed;
        }

        // Once a byte has gone out unpacked, all have to.
        private async Task ReleaseAsync(CancellationToken cancellationToken)
        {
            firstPackedByte = int.MaxValue;
            await response.Body.WriteAsync(_held.GetBuffer().AsMemory(0, (int)_held.Length), cancellationToken);
            _held.SetLength(0);
        }
    }
}
