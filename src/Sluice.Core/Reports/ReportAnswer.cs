namespace Sluice.Core.Reports;

/// <summary>What became of a question.</summary>
public abstract record ReportAnswer : IAsyncDisposable
{
    private ReportAnswer()
    {
    }

    /// <summary>Ends what is still under way, also in the midst of the body.</summary>
    public async ValueTask DisposeAsync()
    {
        if (this is Streamed { Owner: var owner })
        {
            await owner.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>An answer, whatever it says.</summary>
    /// <param name="Status">The status in Mixpanel's numbers.</param>
    /// <param name="ContentType">What the body is; null when that was not said.</param>
    /// <param name="RetryAfter">How long the one who answered asks to wait.</param>
    public sealed record Whole(int Status, string? ContentType, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter) : ReportAnswer;

    /// <summary>The same while it comes. It holds its place in the budget until it is disposed.</summary>
    /// <param name="Owner">Ends the call.</param>
    public sealed record Streamed(int Status, string? ContentType, Stream Body, TimeSpan? RetryAfter, IAsyncDisposable Owner) : ReportAnswer;

    /// <summary>The budget has nothing left; nobody was asked.</summary>
    public sealed record Spent(string Message, TimeSpan RetryAfter) : ReportAnswer;

    /// <summary>There was an answer, and it cannot be passed on: the same question would be answered in the same way.</summary>
    public sealed record Unusable(string Message) : ReportAnswer;

    /// <summary>There was no answer.</summary>
    public sealed record Unreachable(string Message) : ReportAnswer;

    /// <summary>Nobody can be asked until somebody changes the config.</summary>
    public sealed record NotConfigured(string Message) : ReportAnswer;
}

/// <summary>Answers questions of Mixpanel's clients.</summary>
public interface IReportSource
{
    /// <summary>Answers a question for a project. The answer is disposed by who asked.</summary>
    Task<ReportAnswer> AskAsync(string project, ReportQuestion question, CancellationToken cancellationToken);
}
