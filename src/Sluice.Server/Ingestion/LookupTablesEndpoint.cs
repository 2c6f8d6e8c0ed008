using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Core.Lookups;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Lookups;
using Sluice.Server.Hosting;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;
using LookupRow = Sluice.Core.Lookups.LookupRow;

namespace Sluice.Server.Ingestion;

/// <summary><c>/lookup-tables</c>: lists a project's tables, and replaces one by a file that streams in.</summary>
/// <remarks>There is no other place to make a table, so the first file under a new UUID makes it.</remarks>
internal sealed class LookupTablesEndpoint(
    ILookupTables tables, IntakeServices services, ServerOptions options, ILogger<LookupTablesEndpoint> logger)
    : IntakeEndpoint(Route, services, logger), IDisposable
{
    public const string Route = "lookup_tables";
    public const string ListPattern = "/lookup-tables";
    public const string TablePattern = "/lookup-tables/{" + TableParameter + "}";

    private const string TableParameter = "table";
    private const int RowsAtOnce = 5_000;
    private const long BytesAtOnce = 4 * 1024 * 1024;

    // The room that reading takes, beside the keys of the table. Those have room of their own, as large as that of all bodies.
    private const long ReadingBytes = 8 * 1024 * 1024;

    // The keys of a table stand in memory while it is read: one table at a time.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly LookupTableReader _reader = new(new LookupTableOptions
    {
        MaxBytes = options.MaxLookupBodyBytes,
        MaxRows = (int)Math.Min(new LookupTableOptions().MaxRows, options.BodyBudgetBytes / LookupTableReader.BytesPerKey),
    });

    public void Dispose() => _turn.Dispose();

    protected override long Limit => options.MaxLookupBodyBytes;

    protected override async Task ReceiveAsync(HttpContext context)
    {
        var id = context.Request.RouteValues[TableParameter] as string;
        var isPut = HttpMethods.IsPut(context.Request.Method);
        if (id is null ? !HttpMethods.IsGet(context.Request.Method) : !isPut && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = id is null ? HttpMethods.Get : $"{HttpMethods.Get}, {HttpMethods.Put}";
            await SendAsync(context, ImportAnswer.Error(StatusCodes.Status405MethodNotAllowed, "Tables are listed with GET and replaced with PUT."));
            return;
        }

        var admission = await Services.Gate.AdmitAsync(context, Route, tokenOpens: false);
        if (!admission.IsAdmitted)
        {
            await SendAsync(context, IntakeGate.Refusal(context, admission));
        }
        else if (isPut && Guid.TryParseExact(id, "D", out var table))
        {
            await ReplaceAsync(context, admission.Project!, table.ToString("D"));
        }
        else
        {
            await ListAsync(context, admission.Project!, id);
        }
    }

    protected override IngestionAnswer Refusal(HttpContext context, int status, string message) => ImportAnswer.Error(status, message);

    private async Task ListAsync(HttpContext context, Project project, string? id)
    {
        var all = await tables.ListAsync(project.Id, context.RequestAborted);
        var wanted = id is null ? all : [.. all.Where(t => string.Equals(t.Id, id, StringComparison.OrdinalIgnoreCase))];
        await SendAsync(
            context, id is not null && wanted.Count == 0 ? LookupTableAnswer.NotFound(id) : LookupTableAnswer.List(wanted.Select(t => (t.Id, t.Name))));
    }

    private async Task ReplaceAsync(HttpContext context, Project project, string id)
    {
        if (!await _turn.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            await ComeAgainAsync(context, "Another table is being read; send it again.");
            return;
        }

        try
        {
            using var body = await RequestBody.OpenAsync(
                context, project.Id, options.MaxLookupBodyBytes, Services.Budgets.Known, logger, context.RequestAborted, room: ReadingBytes);
            await SendAsync(context, await ReplaceAsync(project, id, body, context.RequestAborted));
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IngestionAnswer> ReplaceAsync(Project project, string id, RequestBody body, CancellationToken cancellationToken)
    {
        var load = await tables.BeginAsync(project.Id, id, cancellationToken) with { IsForwarded = project.IsForwarded };
        var isFinished = false;
        try
        {
            var result = await ReadAsync(load, body, cancellationToken);
            if (result.Failure is { } failure)
            {
                Report(project, failure.StatusCode, failure.Message);
                Services.Tally.Records(Route, project.Id, IntakeOutcome.Refused, "", Math.Max(1, failure.Rows.Count), body.BytesReceived);
                return LookupTableAnswer.Of(failure);
            }

            // A load that a newer one has overtaken on another node is replaced already, as it would have been a moment later.
            await tables.FinishAsync(load, result.Columns, result.Rows, cancellationToken);
            isFinished = true;
            Services.Tally.Records(Route, project.Id, IntakeOutcome.Accepted, "", result.Rows, body.BytesReceived);
            GatewayLog.LookupReplaced(logger, id, project.Id, result.Rows);
            return LookupTableAnswer.Replaced();
        }
        finally
        {
            if (!isFinished)
            {
                // Whatever became of the caller, the rows that nobody will see do not stay.
                await tables.AbandonAsync(load, CancellationToken.None);
            }
        }
    }

    private async Task<LookupTableResult> ReadAsync(LookupLoad load, RequestBody body, CancellationToken cancellationToken)
    {
        var slice = new Slice();
        using var deadline = new CancellationTokenSource(options.LookupBodyTimeout, Services.TimeProvider);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        LookupTableResult result;
        try
        {
            result = await _reader.ReadAsync(
                body.Content,
                async (row, _) =>
                {
                    slice.Add(row);
                    if (slice.IsFull)
                    {
                        await tables.AddAsync(load, slice.Rows, cancellationToken);
                        slice = new Slice();
                    }
                },
                reading.Token);
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BodyRefusedException(BodyRefusal.TooSlow, exception);
        }

        Services.Metrics.BodyReceived(Route, body.BytesReceived);
        if (result.Failure is null && slice.Rows.Count > 0)
        {
            await tables.AddAsync(load, slice.Rows, cancellationToken);
        }

        return result;
    }

    private sealed class Slice
    {
        private long _bytes;

        public List<LookupRow> Rows { get; } = new(RowsAtOnce);

        public bool IsFull => Rows.Count >= RowsAtOnce || _bytes >= BytesAtOnce;

        public void Add(Mixpanel.Ingestion.Lookups.LookupRow row)
        {
            Rows.Add(new LookupRow(row.Key, Encoding.UTF8.GetString(row.Values.Span)));
            _bytes += row.Values.Length;
        }
    }
}
