namespace Sluice.Core.Pull;

/// <summary>
/// What becomes of rows that cannot be used: all are counted, the first are kept as dead letters, and the run tells what a few looked like. It tells their shape and none of their values: nobody
/// is to be found in a run.
/// </summary>
internal sealed class JqlRefusals(string project, string wanted, PullIntakes intakes, PullRun run)
{
    private const int MostShapes = 3;

    private readonly List<string> _shapes = [];

    public async Task AddAsync(JqlRow row, CancellationToken cancellationToken)
    {
        run.Count("refused");
        if (row.Shape is { } shape && _shapes.Count < MostShapes && !_shapes.Contains(shape))
        {
            _shapes.Add(shape);
        }

        if (row.Refused is { } refused)
        {
            await run.PatientlyAsync(() => intakes.Refused.KeepAsync(project, PullIntakes.Way, [refused], cancellationToken), cancellationToken);
        }
    }

    /// <summary>Says it in the run.</summary>
    public void Tell()
    {
        if (_shapes.Count > 0)
        {
            run.Note($"Rows such as {string.Join(" and ", _shapes)} were passed over; the first of them are dead letters. {wanted}");
        }
    }
}
