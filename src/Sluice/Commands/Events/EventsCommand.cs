using System.CommandLine;

namespace Sluice.Commands.Events;

/// <summary><c>sluice events</c></summary>
internal static class EventsCommand
{
    public static Command Create(CommandHost host) => new("events", "What came in: the events themselves, and how many.") { EventsTail.Create(host), EventsStats.Create(host) };
}
