namespace Sluice.Commands.Export;

/// <summary>
/// A file, written as FILE.part with FILE.part.state beside it. What the state calls whole is on disk before the state says so; everything behind it is cut off when an
/// interrupted export goes on.
/// </summary>
internal sealed class FileTarget : ExportTarget
{
    private readonly string _file;
    private readonly FileStream _part;
    private ExportState _state;

    private FileTarget(string file, FileStream part, ExportState state)
        : base(state.Question.Gzip)
    {
        _file = file;
        _part = part;
        _state = state;
    }

    public override DateOnly? Done => _state.Done;

    public override long Length => _state.Length;

    public override long Records => _state.Records;

    public override long Damaged => _state.Damaged;

    public override bool CanGoBack => true;

    protected override Stream Bytes => _part;

    /// <exception cref="CommandException">The file is there, is another export's, or is being written by another process.</exception>
    public static FileTarget Open(string file, ExportQuestion question, bool restart)
    {
        var known = restart ? null : ExportState.Read(StateOf(file));
        if (known is not null && known.Question != question)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"{PartOf(file)} belongs to another export, of {known.Question.From:yyyy-MM-dd} to {known.Question.To:yyyy-MM-dd}. Repeat that command, write elsewhere, or begin again with --restart.");
        }

        // Killed between the last two steps: the file has its name, and the state is left.
        var isFinished = known is not null && known.Done == question.To && !File.Exists(PartOf(file)) && File.Exists(file);
        if (File.Exists(file) && !restart && !isFinished)
        {
            throw new CommandException(ExitCode.Usage, $"{file} is there already. Write elsewhere, or replace it with --restart.");
        }

        try
        {
            if (isFinished)
            {
                File.Move(file, PartOf(file));
            }

            var part = new FileStream(PartOf(file), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            var state = known is not null && part.Length >= known.Length ? known : new ExportState(question, null, 0, 0, 0);
            if (state != known && File.Exists(StateOf(file)))
            {
                // Before a byte is: a kill in the first window must not leave the old state beside the new bytes.
                state.Write(StateOf(file));
            }

            var target = new FileTarget(file, part, state);
            target.TakeBack();
            return target;
        }
        catch (IOException e)
        {
            throw new CommandException(ExitCode.InUse, $"{PartOf(file)} cannot be written: {e.Message}");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException(ExitCode.Failed, e.Message);
        }
    }

    public override void Finish()
    {
        _part.Dispose();
        File.Move(PartOf(_file), _file, overwrite: true);
        File.Delete(StateOf(_file));
    }

    protected override void Keep(DateOnly done, long records, long damaged)
    {
        _part.Flush(flushToDisk: true);
        _state = _state with { Done = done, Length = _part.Position, Records = _state.Records + records, Damaged = _state.Damaged + damaged };
        _state.Write(StateOf(_file));
    }

    protected override void TakeBack()
    {
        _part.SetLength(_state.Length);
        _part.Position = _state.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _part.Dispose();
        }

        base.Dispose(disposing);
    }

    private static string PartOf(string file) => file + ".part";

    private static string StateOf(string file) => file + ".part.state";
}
