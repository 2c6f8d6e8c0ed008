namespace Sluice.Mixpanel.Client;

/// <summary>An export ended before its end: the connection was cut, Mixpanel gave up, or the last line is not a whole record.</summary>
public sealed class ExportInterruptedException : MixpanelException
{
    /// <summary>Makes an empty one.</summary>
    public ExportInterruptedException()
        : this("The export was interrupted.")
    {
    }

    /// <summary>Makes one without counts.</summary>
    /// <param name="message">What happened.</param>
    public ExportInterruptedException(string message)
        : base(MixpanelFailureKind.Interrupted, message)
    {
    }

    /// <summary>Makes one without counts.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it.</param>
    public ExportInterruptedException(string message, Exception innerException)
        : base(MixpanelFailureKind.Interrupted, message, innerException)
    {
    }

    internal ExportInterruptedException(string why, ExportWindow window, long recordsGiven, long recordsOfWindow, Exception? inner = null)
        : base(MixpanelFailureKind.Interrupted, $"The export of {window.From:yyyy-MM-dd} to {window.To:yyyy-MM-dd} was interrupted after {recordsOfWindow} records: {why}", inner)
    {
        Window = window;
        RecordsGiven = recordsGiven;
        RecordsOfWindow = recordsOfWindow;
    }

    /// <summary>The window that was not finished; those before it are whole.</summary>
    public ExportWindow? Window { get; }

    /// <summary>How many whole records were given altogether.</summary>
    public long RecordsGiven { get; }

    /// <summary>How many of them belong to the window that was not finished. There is no way to go on within it, for Mixpanel promises no order.</summary>
    public long RecordsOfWindow { get; }
}
