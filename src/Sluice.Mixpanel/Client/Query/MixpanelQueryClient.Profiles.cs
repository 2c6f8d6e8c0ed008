using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    private const int UsualPageSize = 1_000;

    /// <summary>Reads one page of profiles, 1,000 at most. Costs one query.</summary>
    /// <param name="query">Which profiles. The same for all pages of a session.</param>
    /// <param name="page">The page, from 0.</param>
    /// <param name="sessionId">For pages after the first, the session of the first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page. Mixpanel says the total on the first page; on others it may be missing or wrong.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.SessionLost"/> when Mixpanel no longer knows the session.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/engage-query"/>
    public async Task<ProfilePage> ProfilesAsync(ProfileQuery query, int page = 0, string? sessionId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(page);
        query.Validate();
        if (page > 0 && string.IsNullOrEmpty(sessionId))
        {
            throw new ArgumentException("Pages after the first belong to a session.", nameof(sessionId));
        }

        var root = Object(await PostAsync("/engage", query.ToForm(page, sessionId), cancellationToken).ConfigureAwait(false));
        if (root.Member("results") is not { ValueKind: JsonValueKind.Array } results)
        {
            throw MixpanelFailures.Unreadable(200, "it has no profiles.");
        }

        if (root.Long("page") is { } answered && answered != page)
        {
            throw MixpanelFailures.Unreadable(200, $"it is page {answered}, and page {page} was asked for.");
        }

        var size = root.Long("page_size") is { } given and > 0 and <= int.MaxValue ? (int)given : UsualPageSize;
        var session = root.Text("session_id") ?? sessionId;
        var profiles = new List<MixpanelProfile>();
        var unusable = new List<JsonElement>();
        foreach (var row in results.EnumerateArray())
        {
            if (row.Text("$distinct_id") is { Length: > 0 } id)
            {
                profiles.Add(new MixpanelProfile(id, row.Members("$properties")));
            }
            else
            {
                unusable.Add(row);
            }
        }

        return new ProfilePage(page, size, root.Long("total"), session, profiles) { Unusable = unusable };
    }

    /// <summary>Reads all profiles page by page. Each page costs one query, so that an hour has room for 60,000 profiles.</summary>
    /// <param name="query">Which profiles.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The pages in their order; all of them with the total of the first.</returns>
    /// <exception cref="MixpanelException">See <see cref="ProfilesAsync"/>. What was given is no longer part of a whole then: begin again.</exception>
    public async IAsyncEnumerable<ProfilePage> AllProfilesAsync(ProfileQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var page = await ProfilesAsync(query, 0, null, cancellationToken).ConfigureAwait(false);
        var total = page.Total;
        while (true)
        {
            yield return page;
            if (!page.HasNext)
            {
                yield break;
            }

            if (string.IsNullOrEmpty(page.SessionId))
            {
                // A total that one page holds needs no session.
                if (total <= page.Records)
                {
                    yield break;
                }

                throw new MixpanelException(MixpanelFailureKind.SessionLost, "Mixpanel gave a full page and no session to read the next with.");
            }

            page = await ProfilesAsync(query, page.Page + 1, page.SessionId, cancellationToken).ConfigureAwait(false) with { Total = total };
        }
    }
}
