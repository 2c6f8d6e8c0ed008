using System.Collections.Concurrent;
using Sluice.Core.Reports;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Answers questions as the test says, and remembers them.</summary>
internal sealed class FakeReports : IReportSource
{
    public ConcurrentQueue<(string Project, ReportQuestion Question)> Asked { get; } = new();

    public Func<ReportQuestion, CancellationToken, Task<ReportAnswer>> Answer { get; set; } =
        (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Whole(200, "application/json", "[]"u8.ToArray(), null));

    public Task<ReportAnswer> AskAsync(string project, ReportQuestion question, CancellationToken cancellationToken)
    {
        Asked.Enqueue((project, question));
        return Answer(question, cancellationToken);
    }
}
