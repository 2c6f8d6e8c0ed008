namespace Sluice.Core.Events;

/// <summary>A record that a client sent and that cannot be stored.</summary>
/// <param name="Reason">A stable code.</param>
/// <param name="Subject">What it is about, where that can be told: a field, or an event's name.</param>
/// <param name="Payload">The record as sent, or its beginning.</param>
public sealed record RefusedRecord(string Reason, string Detail, string? Subject, string Payload);

/// <summary>Keeps what was refused on its way in as dead letters.</summary>
public interface IRefusedRecords
{
    /// <summary>Returns once they are durable. The same record with the same reason stays one letter.</summary>
    /// <param name="origin">The way they came: see <see cref="IntakeCount.Way"/>.</param>
    /// <exception cref="Cohorts.IntakeBusyException">The store cannot take more at the moment; nothing was changed.</exception>
    Task KeepAsync(string project, string origin, IReadOnlyList<RefusedRecord> records, CancellationToken cancellationToken);
}
