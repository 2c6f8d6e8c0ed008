namespace Sluice.Commands;

/// <summary>Every way in which the program ends, one code a cause.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Something that should not happen; the message says what.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>What was asked for does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>The store cannot be reached or is busy.</summary>
    public const int StoreUnavailable = 4;

    /// <summary>Done in part: something waits for a person, or was refused.</summary>
    public const int Partial = 5;

    /// <summary>Another process has what the command needs, and keeps it.</summary>
    public const int InUse = 6;

    /// <summary>The config file has problems, or lacks what the command needs.</summary>
    public const int Config = 78;

    /// <summary>The list as <c>--help</c> shows it.</summary>
    public const string Help =
        "Exit codes: 0 done, 1 unexpected failure, 2 wrong command line, 3 not found, 4 store unavailable, 5 done in part, 6 in use by another process, 78 config.";
}
