using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Server.Hosting;

/// <summary>Lets through what the web framework says from warnings on, without its scopes.</summary>
/// <remarks>
/// Below that it logs whole URLs, and so do its scopes; a URL may hold a job's token, and secrets never reach a log, whatever levels
/// an operator sets.
/// </remarks>
internal sealed class FrameworkLoggers(ILoggerFactory inner) : ILoggerFactory
{
    private const string FrameworkPrefix = "Microsoft.";

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName.StartsWith(FrameworkPrefix, StringComparison.Ordinal) ? new Quiet(logger) : logger;
    }

    // The program's own factory: it decides where lines go.
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // Not ours to end: the program logs on after the server has stopped.
    public void Dispose()
    {
    }

    private sealed class Quiet(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
