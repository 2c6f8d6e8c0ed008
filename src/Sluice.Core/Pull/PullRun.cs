using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sluice.Core.Delivery;

namespace Sluice.Core.Pull;

/// <summary>One run of a job, while it is worked at: its place, its counts, and how they are kept.</summary>
internal sealed class PullRun : PullTally
{
    private readonly string _project;
    private readonly Lease _lease;
    private readonly IPullJobs _jobs;

    public PullRun(string project, Lease lease, IPullJobs jobs, PullJob job, TimeProvider time)
        : base(time)
    {
        (_project, _lease, _jobs, Job) = (project, lease, jobs, job);
        foreach (var (name, count) in job.Run!.Counts)
        {
            Count(name, count);
        }

        if (job.Run.Note is { } note)
        {
            Note(note);
        }
    }

    public override Lease? Lease => _lease;

    public PullJob Job { get; private set; }

    public string Id => Job.Run!.Id;

    /// <summary>How often the place has been kept: whoever gets further has not failed.</summary>
    public int Saves { get; private set; }

    public T? Place<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (Job.Cursor is not { } cursor)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(cursor, type);
        }
        catch (JsonException)
        {
            // Written by another version: from the beginning is always right.
            return null;
        }
    }

    /// <summary>Keeps the place: whoever goes on after a crash goes on from here.</summary>
    public async Task SaveAsync<T>(T place, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await KeepAsync(place, type, cancellationToken);
        Saves++;
    }

    /// <summary>Keeps a place that is no progress.</summary>
    public Task KeepAsync<T>(T place, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        WriteAsync(Job with { Cursor = JsonSerializer.Serialize(place, type) }, cancellationToken);

    public Task EndAsync(DateTimeOffset due, string? error, CancellationToken cancellationToken) =>
        WriteAsync(Job with { DueAt = due, Run = Job.Run! with { EndedAt = Now, Error = error } }, cancellationToken);

    private async Task WriteAsync(PullJob job, CancellationToken cancellationToken)
    {
        job = job with { Run = job.Run! with { Counts = Counts, Note = Notes } };
        await PatientlyAsync(() => _jobs.SaveAsync(_project, _lease, job, cancellationToken), cancellationToken);
        Job = job;
    }
}
