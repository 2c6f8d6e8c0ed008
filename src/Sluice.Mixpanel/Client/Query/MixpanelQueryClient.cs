using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A client of Mixpanel's query API: cohorts, profiles, JQL and the reports. Needs a service account, an OAuth token or the project's secret.</summary>
/// <remarks>
/// <para>All endpoints share 60 calls an hour and 5 at once in a project. <see cref="IMixpanelGate"/> is asked before every call, and told when its answer was read.</para>
/// <para>It never retries, except once after a 401 with a renewed OAuth token. Whatever goes wrong is a <see cref="MixpanelException"/>, whose
/// <see cref="MixpanelException.ShouldRetry"/> says whether to come back; <see cref="OperationCanceledException"/> only when the caller's token was cancelled;
/// <see cref="ArgumentException"/>, before the gate is asked, for a question that cannot be one.</para>
/// <para>Days are inclusive and those of the project's time zone. Instances hold no state of their own and may be used by several threads at once.</para>
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
public sealed partial class MixpanelQueryClient
{
    private readonly MixpanelTransport _transport;
    private readonly string _root;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">
    /// Makes the requests, best on <see cref="MixpanelClientOptions.CreateHandler"/>; it must follow no redirects, and its own time-out must be switched off.
    /// Not disposed by this client.
    /// </param>
    /// <param name="options">Whose project, and where.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelQueryClient(HttpClient http, MixpanelClientOptions options, IMixpanelGate? gate = null)
    {
        _transport = new MixpanelTransport(http, options, gate);
        _root = MixpanelHosts.Base(options.Hosts.Query);
    }

    /// <summary>Lists the saved cohorts of the project. Costs one query.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The cohorts, in Mixpanel's order.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-api"/>
    public async Task<IReadOnlyList<MixpanelCohort>> CohortsAsync(CancellationToken cancellationToken = default)
    {
        var root = await PostAsync("/cohorts/list", null, cancellationToken).ConfigureAwait(false);
        return
        [
            .. List(root, "cohorts").Select(cohort => new MixpanelCohort(
                cohort.Long("id") ?? throw MixpanelFailures.Unreadable(200, "a cohort has no id."),
                cohort.Text("name") ?? "",
                cohort.Text("description") ?? "",
                cohort.Long("count"),
                cohort.Flag("is_visible") ?? true,
                cohort.Long("project_id"),
                cohort.Text("created"))),
        ];
    }

    private static JsonElement.ArrayEnumerator List(JsonElement root, string what) =>
        root.ValueKind == JsonValueKind.Array ? root.EnumerateArray() : throw MixpanelFailures.Unreadable(200, $"it is no list of {what}.");

    private static JsonElement Object(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object ? root : throw MixpanelFailures.Unreadable(200, "it is no object.");

    private async Task<JsonElement> GetAsync(string endpoint, Parameters parameters, CancellationToken cancellationToken) =>
        Json.Root(await _transport.ReadAsync(Request(HttpMethod.Get, endpoint, parameters), cancellationToken).ConfigureAwait(false));

    private async Task<JsonElement> PostAsync(string endpoint, Parameters? form, CancellationToken cancellationToken) =>
        Json.Root(await _transport.ReadAsync(Request(HttpMethod.Post, endpoint, Query(), form), cancellationToken).ConfigureAwait(false));

    private MixpanelRequest Request(HttpMethod method, string endpoint, Parameters query, Parameters? form = null) =>
        new(new MixpanelCall(endpoint, MixpanelBudget.Query), method, _root + MixpanelHosts.QueryPath + endpoint + query.ToQuery(), _transport.Options.QueryTimeout)
        {
            Content = form is null ? null : form.ToForm, TakesGzip = true,
        };

    /// <summary>What every query names.</summary>
    private Parameters Query() =>
        new Parameters().Add("project_id", _transport.Options.Credentials.ProjectId).Add("workspace_id", _transport.Options.WorkspaceId);
}
