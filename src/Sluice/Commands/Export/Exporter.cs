using System.Buffers;
using Sluice.Mixpanel.Client;

namespace Sluice.Commands.Export;

/// <summary>Exports window by window; a window that broke is asked for again, and a smaller one where Mixpanel could not do it in time.</summary>
internal sealed class Exporter(MixpanelExportClient client, ExportTarget target, TimeProvider time)
{
    private const int Attempts = 3;
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // Whoever sits before the terminal waits no longer for a word of Mixpanel's.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    private int _days;
    private bool _isWritten;

    /// <summary>Calls that gave all they were asked for.</summary>
    public int Windows { get; private set; }

    public async Task RunAsync(ExportRequest request, IProgress<double>? shown, CancellationToken cancellationToken)
    {
        _days = request.WindowDays;
        var all = request.To.DayNumber - request.From.DayNumber + 1d;
        var next = target.Done is { } done ? done.AddDays(1) : request.From;
        while (next <= request.To)
        {
            shown?.Report((next.DayNumber - request.From.DayNumber) / all);
            var last = await WindowAsync(request, next, cancellationToken);
            Windows++;
            next = last.AddDays(1);
        }

        shown?.Report(1);
    }

    /// <returns>The last day of it.</returns>
    private async Task<DateOnly> WindowAsync(ExportRequest request, DateOnly from, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var to = from.AddDays(_days - 1) is var end && end < request.To ? end : request.To;
            try
            {
                var (records, damaged) = await CopyAsync(request with { From = from, To = to }, cancellationToken);
                await target.CommitAsync(to, records, damaged, cancellationToken);
                return to;
            }
            catch (MixpanelException e)
            {
                await target.GoBackAsync();
                var isBroken = !target.CanGoBack && (_isWritten || e is ExportInterruptedException);
                if (!e.ShouldRetry || isBroken || attempt == Attempts || (e.RetryAfter ?? Pause) > LongestPause || (e.NeedsSmallerCall && _days == 1))
                {
                    throw;
                }

                _days = e.NeedsSmallerCall ? (_days + 1) / 2 : _days;
                await Task.Delay(e.RetryAfter ?? (Pause * attempt), time, cancellationToken);
            }
            catch
            {
                // Nothing half stays behind what is whole, whatever ends it.
                await target.GoBackAsync();
                throw;
            }
        }
    }

    private async Task<(long Records, long Damaged)> CopyAsync(ExportRequest window, CancellationToken cancellationToken)
    {
        var (records, damaged) = (0L, 0L);
        _isWritten = false;
        var output = target.Begin();
        var lines = new ArrayBufferWriter<byte>(BufferBytes);
        await foreach (var batch in client.ExportAsync(window, cancellationToken))
        {
            foreach (var record in batch.Records)
            {
                lines.Write(record.Span);
                lines.Write("\n"u8);
            }

            records += batch.Records.Count;
            damaged += batch.Damaged.Count;
            if (lines.WrittenCount >= BufferBytes)
            {
                _isWritten = true;
                await output.WriteAsync(lines.WrittenMemory, cancellationToken);
                lines.ResetWrittenCount();
            }
        }

        await output.WriteAsync(lines.WrittenMemory, cancellationToken);
        return (records, damaged);
    }
}
