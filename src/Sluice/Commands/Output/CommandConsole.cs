using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Sluice.Commands.Output;

/// <summary>
/// Where a command writes: data on standard output, prose on standard error. On a terminal tables have lines and long work a bar;
/// elsewhere there is plain text, without a colour and without a width.
/// </summary>
internal sealed class CommandConsole(TextWriter output, TextWriter error)
{
    private const string NoValue = "-";

    private readonly bool _outputIsTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
    private readonly bool _errorIsTerminal = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;

    public static string Time(DateTimeOffset? time) =>
        time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : NoValue;

    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Data, as JSON.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> type) => output.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Data, as one of many lines of JSON.</summary>
    public void JsonLine<T>(T value, JsonTypeInfo<T> type)
    {
        output.WriteLine(JsonSerializer.Serialize(value, type));
        output.Flush();
    }

    /// <summary>Data, as a line.</summary>
    public void Line(string text = "") => output.WriteLine(Clean(text));

    /// <summary>Prose.</summary>
    public void Tell(string text) => error.WriteLine(Clean(text));

    /// <summary>Data, as names and values.</summary>
    public void Pairs(IReadOnlyList<(string Name, string? Value)> pairs)
    {
        var width = pairs.Max(p => p.Name.Length);
        foreach (var (name, value) in pairs)
        {
            output.WriteLine($"  {name.PadRight(width)}  {Clean(value ?? NoValue)}");
        }
    }

    /// <summary>Data, as a table.</summary>
    /// <param name="columns">A name that begins with &gt; stands for a column of numbers, flush right.</param>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string?>> rows)
    {
        var names = columns.Select(c => c.TrimStart('>')).ToList();
        var right = columns.Select(c => c.StartsWith('>')).ToList();
        var cells = rows.Select(r => r.Select(c => string.IsNullOrEmpty(c) ? NoValue : Clean(c)).ToList()).ToList();
        if (_outputIsTerminal)
        {
            WriteForTerminal(names, right, cells);
            return;
        }

        var widths = names.Select((n, i) => Math.Max(Width(n), cells.Select(r => Width(r[i])).DefaultIfEmpty(0).Max())).ToList();
        foreach (var row in cells.Prepend([.. names.Select(n => n.ToUpperInvariant())]))
        {
            var line = new StringBuilder();
            for (var i = 0; i < row.Count; i++)
            {
                var gap = new string(' ', widths[i] - Width(row[i]));
                line.Append(i == 0 ? "" : "  ").Append(right[i] ? gap + row[i] : row[i] + gap);
            }

            output.WriteLine(line.ToString().TrimEnd());
        }
    }

    /// <summary>Does long work, with a bar on a terminal.</summary>
    public async Task<T> WithProgressAsync<T>(string title, Func<IProgress<double>?, Task<T>> work)
    {
        if (!_errorIsTerminal)
        {
            return await work(null);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return await console.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(Clean(title)), maxValue: 1);
            return await work(new Bar(bar));
        });
    }

    private void WriteForTerminal(List<string> names, List<bool> right, List<List<string>> cells)
    {
        var table = new Table().Border(TableBorder.Rounded);
        for (var i = 0; i < names.Count; i++)
        {
            var column = new TableColumn(new Text(names[i], new Style(decoration: Decoration.Bold)));
            table.AddColumn(right[i] ? column.RightAligned() : column);
        }

        foreach (var row in cells)
        {
            table.AddRow(row.Select(c => new Text(c)));
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    /// <summary>Names come from strangers: what would steer a terminal is shown, not obeyed.</summary>
    private static string Clean(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }
}
