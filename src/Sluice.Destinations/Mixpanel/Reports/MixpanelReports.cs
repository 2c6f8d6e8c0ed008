using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Reports;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Reports;

/// <summary>Lets one Mixpanel project answer the questions of its clients, with our credentials and inside its budgets.</summary>
public sealed class MixpanelReports
{
    private const long CacheBytes = 32 * 1024 * 1024;
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);

    // For a place among the five: who is there has to be done in a moment. For the hour's budget nobody waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Each that waits asks the store again and again, which has other work.
    private const int MostWaiting = 20;

    private readonly MixpanelQueryClient _queries;
    private readonly MixpanelExportClient _exports;
    private readonly AnswerCache _cache;

    public MixpanelReports(HttpClient http, MixpanelClientOptions options, MixpanelBudgets budgets)
    {
        var gate = new ShortQueue(budgets.For(MixpanelCaller.Person(Patience)), MostWaiting, Patience, options.TimeProvider);
        _queries = new MixpanelQueryClient(http, options, gate);
        _exports = new MixpanelExportClient(http, options, gate);
        _cache = new AnswerCache(Keep, CacheBytes, options.TimeProvider);
    }

    /// <summary>Asks Mixpanel, or gives what it has just answered to the same question.</summary>
    public async Task<ReportAnswer> AskAsync(ReportQuestion question, CancellationToken cancellationToken)
    {
        try
        {
            if (question.IsExport)
            {
                var stream = await _exports.RawAsync(question.Parameters, cancellationToken);
                return new ReportAnswer.Streamed(stream.Status, stream.ContentType, stream.Body, stream.RetryAfter, stream);
            }

            var answer = await _cache.GetAsync(KeyOf(question), token => CallAsync(question, token), cancellationToken);
            return new ReportAnswer.Whole(answer.Status, answer.ContentType, answer.Body, answer.RetryAfter);
        }
        catch (MixpanelBudgetException e)
        {
            return new ReportAnswer.Spent(e.Message, e.RetryAfter);
        }
        catch (MixpanelException e) when (e.Kind == MixpanelFailureKind.Unreadable)
        {
            return new ReportAnswer.Unusable($"{e.Message} Ask for less: a shorter time, fewer properties, or a limit; raw events come from /export, whatever their size.");
        }
        catch (MixpanelException e)
        {
            return new ReportAnswer.Unreachable(e.Message);
        }
        catch (StoreUnavailableException e)
        {
            return new ReportAnswer.Unreachable(e.Message);
        }
    }

    private Task<MixpanelRawAnswer> CallAsync(ReportQuestion question, CancellationToken cancellationToken) => question switch
    {
        { Json: { } json } => _queries.RawAsync(HttpMethod.Post, question.Path, question.Parameters, json, cancellationToken),
        { Fields: { } fields } => _queries.RawAsync(HttpMethod.Post, question.Path, question.Parameters, fields, cancellationToken),
        _ => _queries.RawAsync(question.IsPost ? HttpMethod.Post : HttpMethod.Get, question.Path, question.Parameters, form: null, cancellationToken),
    };

    /// <summary>The same for the same question only: every part has its length before it. The order of parameters changes no answer.</summary>
    private static string KeyOf(ReportQuestion question)
    {
        var text = new StringBuilder();
        Add(question.Path);
        Add(question.IsPost || question.Fields is not null || question.Json is not null ? "POST" : "GET");
        AddAll(question.Parameters);
        AddAll(question.Fields ?? []);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(text.ToString()));
        hash.AppendData((question.Json ?? ReadOnlyMemory<byte>.Empty).Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void AddAll(IReadOnlyList<KeyValuePair<string, string>> pairs)
        {
            Add(pairs.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            foreach (var (name, value) in pairs.OrderBy(p => p.Key, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal))
            {
                Add(name);
                Add(value);
            }
        }

        void Add(string part) => text.Append(part.Length).Append(':').Append(part);
    }
}
