using Sluice.Storage.Tests.Durability;
using Xunit.Runner.InProc.SystemConsole;

namespace Sluice.Storage.Tests;

/// <summary>Runs the tests, or plays the part of a small program that a test watches from outside.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) =>
        args is [AcknowledgingProgram.Mode, var file, var durable] ? AcknowledgingProgram.RunAsync(file, bool.Parse(durable)) : ConsoleRunner.Run(args);
}
