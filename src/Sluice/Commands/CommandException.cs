namespace Sluice.Commands;

/// <summary>The command ends with a code and a message that says what to do.</summary>
internal sealed class CommandException : Exception
{
    public CommandException()
        : this(Commands.ExitCode.Failed, "The command failed.")
    {
    }

    public CommandException(string message)
        : this(Commands.ExitCode.Failed, message)
    {
    }

    public CommandException(string message, Exception inner)
        : base(message, inner) => ExitCode = Commands.ExitCode.Failed;

    public CommandException(int exitCode, string message)
        : base(message) => ExitCode = exitCode;

    public int ExitCode { get; } = Commands.ExitCode.Failed;
}
