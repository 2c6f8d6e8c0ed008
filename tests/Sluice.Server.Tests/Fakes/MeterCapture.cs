using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sluice.Server.Tests.Fakes;

internal sealed record Measured(string Instrument, double Value, IReadOnlyDictionary<string, string> Tags);

/// <summary>Makes meters and keeps what they measure, apart from those of tests that run at the same time.</summary>
internal sealed class MeterCapture : IMeterFactory
{
    private readonly ConcurrentQueue<Measured> _measured = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();
    private readonly ConcurrentQueue<Meter> _meters = new();
    private readonly MeterListener _listener;

    public MeterCapture()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, this))
                {
                    _instruments.Enqueue(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Instrument> Instruments => [.. _instruments];

    public IReadOnlyList<Measured> All => [.. _measured];

    public double Sum(string instrument, params (string Name, string Value)[] tags) => _measured
        .Where(one => one.Instrument == instrument && tags.All(tag => one.Tags.GetValueOrDefault(tag.Name) == tag.Value))
        .Sum(one => one.Value);

    /// <summary>Forgets what was measured so far.</summary>
    public void Clear() => _measured.Clear();

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Enqueue(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            named[tag.Key] = tag.Value?.ToString() ?? "";
        }

        _measured.Enqueue(new Measured(instrument.Name, value, named));
    }
}
