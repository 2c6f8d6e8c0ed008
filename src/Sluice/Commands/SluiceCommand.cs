using System.CommandLine;
using Sluice.Commands.Demo;

namespace Sluice.Commands;

/// <summary>The program's commands.</summary>
internal static class SluiceCommand
{
    public static RootCommand Create() => new("Sluice keeps Brevo in step with Mixpanel.")
    {
        ServeCommand.Create(),
        DemoCommand.Create(),
        ConfigCommand.Create(),
    };
}
