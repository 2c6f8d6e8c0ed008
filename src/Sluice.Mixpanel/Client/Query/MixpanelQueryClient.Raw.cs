using System.Buffers;
using System.Net.Http.Headers;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    private const string LegacyPath = "/api/2.0";
    private static readonly SearchValues<char> PathSigns = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.");

    /// <summary>Asks a question as somebody else wrote it and gives the answer as it came. Costs one query.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="path">The path from <c>/api/query/</c> or <c>/api/2.0/</c> on, without a query.</param>
    /// <param name="query">The parameters of the address; a <c>project_id</c> among them is replaced by that of the credentials.</param>
    /// <param name="form">The fields of the body; null for a call without one.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="MixpanelException">There was no answer, or it is larger than <see cref="MixpanelClientOptions.MaxAnswerBytes"/>.</exception>
    public Task<MixpanelRawAnswer> RawAsync(
        HttpMethod method,
        string path,
        IEnumerable<KeyValuePair<string, string>> query,
        IEnumerable<KeyValuePair<string, string>>? form,
        CancellationToken cancellationToken = default)
    {
        var fields = form is null ? null : form.Aggregate(new Parameters(), (all, field) => all.Add(field.Key, field.Value));
        return RawAsync(method, path, query, fields is null ? null : fields.ToForm, cancellationToken);
    }

    /// <summary>The same with a body of JSON, which <c>/engage</c> takes as well.</summary>
    /// <param name="method">POST.</param>
    /// <param name="path">The path from <c>/api/query/</c> or <c>/api/2.0/</c> on, without a query.</param>
    /// <param name="query">The parameters of the address; a <c>project_id</c> among them is replaced by that of the credentials.</param>
    /// <param name="json">The body.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="MixpanelException">There was no answer, or it is larger than <see cref="MixpanelClientOptions.MaxAnswerBytes"/>.</exception>
    public Task<MixpanelRawAnswer> RawAsync(
        HttpMethod method, string path, IEnumerable<KeyValuePair<string, string>> query, ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default) =>
        RawAsync(
            method,
            path,
            query,
            () =>
            {
                var content = new ReadOnlyMemoryContent(json);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                return content;
            },
            cancellationToken);

    private async Task<MixpanelRawAnswer> RawAsync(
        HttpMethod method, string path, IEnumerable<KeyValuePair<string, string>> query, Func<HttpContent>? content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(query);
        var endpoint = Endpoint(path);
        var own = _transport.Options.Credentials.ProjectId;
        var given = query.ToList();
        var parameters = new Parameters().Add("project_id", own);
        if (!given.Exists(p => p.Key == "workspace_id"))
        {
            parameters.Add("workspace_id", _transport.Options.WorkspaceId);
        }

        foreach (var (name, value) in given.Where(p => p.Key != "project_id"))
        {
            parameters.Add(name, value);
        }

        var request = new MixpanelRequest(
            new MixpanelCall(endpoint, MixpanelBudget.Query), method, _root + path + parameters.ToQuery(), _transport.Options.QueryTimeout)
        {
            Content = content, TakesGzip = true, Accept = "*/*",
        };
        var answer = await _transport.SendAsync(request, _transport.Options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return new MixpanelRawAnswer(answer.Status, answer.ContentType, answer.Body, answer.RetryAfter);
    }

    /// <summary>A path from elsewhere reaches nothing but the query API.</summary>
    private static string Endpoint(string path)
    {
        foreach (var prefix in (string[])[MixpanelHosts.QueryPath, LegacyPath])
        {
            if (path.StartsWith(prefix + "/", StringComparison.Ordinal) && path.Length > prefix.Length + 1
                && !path.AsSpan().ContainsAnyExcept(PathSigns) && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("..", StringComparison.Ordinal)
                && !path.Contains("/./", StringComparison.Ordinal))
            {
                return path[prefix.Length..];
            }
        }

        throw new ArgumentException("The path is none of the query API.", nameof(path));
    }
}
