using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.Server.Tests.Fakes;

internal sealed record LogLine(string Category, LogLevel Level, int Event, string Text, Exception? Exception)
{
    /// <summary>Everything that a sink could write of the line.</summary>
    public required string Everything { get; init; }
}

/// <summary>Keeps every line of every level, with its values and scopes.</summary>
internal sealed class LogCapture : ILoggerFactory
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly LoggerExternalScopeProvider _scopes = new();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public IEnumerable<LogLine> Of(int eventId) => Lines.Where(line => line.Event == eventId && line.Category.StartsWith("Sluice.", StringComparison.Ordinal));

    /// <summary>Forgets what was logged so far.</summary>
    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => capture._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            var parts = new List<string> { text, exception?.ToString() ?? "" };
            if (state is IEnumerable<KeyValuePair<string, object?>> values)
            {
                parts.AddRange(values.Select(value => $"{value.Key}={value.Value}"));
            }

            capture._scopes.ForEachScope((scope, list) => list.Add(Describe(scope)), parts);
            capture._lines.Enqueue(
                new LogLine(category, logLevel, eventId.Id, text, exception) { Everything = string.Join('\n', parts) });
        }

        private static string Describe(object? scope) => scope is IEnumerable<KeyValuePair<string, object?>> values
            ? string.Join('\n', values.Select(value => $"{value.Key}={value.Value}"))
            : scope?.ToString() ?? "";
    }
}
