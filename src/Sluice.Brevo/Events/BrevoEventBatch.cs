namespace Sluice.Brevo;

/// <summary>Events that go out in one call, in the order in which they were appended.</summary>
/// <seealso href="https://developers.brevo.com/reference/create-batch-events"/>
public sealed class BrevoEventBatch
{
    /// <summary>The most events of a call.</summary>
    public const int MaxCount = 200;

    /// <summary>The largest body of a call.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>What a body needs beside its events.</summary>
    internal const int Frame = 16;

    private readonly List<BrevoEvent> _events = [];

    /// <summary>How many events there are.</summary>
    public int Count => _events.Count;

    /// <summary>The size of the body.</summary>
    public int ByteCount { get; private set; } = Frame;

    /// <summary>Appends an event, unless it does not fit.</summary>
    /// <param name="item">The event.</param>
    /// <returns>False when the call would become too large; nothing has changed then.</returns>
    public bool TryAppend(BrevoEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (Count == MaxCount || ByteCount + item.ByteCount + 1 > MaxBytes)
        {
            return false;
        }

        _events.Add(item);
        ByteCount += item.ByteCount + 1;
        return true;
    }

    internal BrevoContent ToContent(BrevoEventBatchForm form)
    {
        if (Count == 0)
        {
            throw new ArgumentException("The batch has no events.");
        }

        var buffer = new PooledBuffer(ByteCount);
        buffer.Write(form == BrevoEventBatchForm.Wrapped ? "{\"events\":["u8 : "["u8);
        for (var i = 0; i < _events.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write((byte)',');
            }

            buffer.Write(_events[i].Json);
        }

        buffer.Write(form == BrevoEventBatchForm.Wrapped ? "]}"u8 : "]"u8);
        return new BrevoContent(buffer);
    }
}

/// <summary>How a batch of events is written.</summary>
public enum BrevoEventBatchForm
{
    /// <summary>An object with a list, as Brevo documents it since spring 2026.</summary>
    Wrapped,

    /// <summary>The bare list that it was before.</summary>
    Bare,
}

/// <summary>What became of a batch.</summary>
/// <param name="Accepted">How many events were queued or stored; null when the answer did not say.</param>
/// <param name="Refused">The events that were refused and are known, by their place in the batch, each with what Brevo wrote about it.</param>
public sealed record BrevoEventBatchResult(long? Accepted, IReadOnlyList<BrevoRefusedEvent> Refused);

/// <param name="Index">The place in the batch, from 0.</param>
/// <param name="Message">What Brevo wrote, without people's data; null when nothing.</param>
public sealed record BrevoRefusedEvent(int Index, string? Message);
