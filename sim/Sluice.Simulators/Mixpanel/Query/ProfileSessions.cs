using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>One profile of a query's result.</summary>
internal sealed record ProfileMatch(string DistinctId, JsonObject Properties);

/// <summary>The results of profile queries whose pages are being asked for.</summary>
internal sealed class ProfileSessions
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private int _opened;

    /// <summary>Keeps a result and gives its session id.</summary>
    public string Open(string filters, IReadOnlyList<ProfileMatch> result, DateTimeOffset now, TimeSpan life)
    {
        foreach (var (old, session) in _sessions.ToArray())
        {
            if (session.Expires <= now)
            {
                _sessions.Remove(old);
            }
        }

        var bits = People.SeededHash.Mix((ulong)++_opened);
        var letters = Enumerable.Range(0, 6).Select(place => Letters[(int)((bits >> (8 * place)) % (ulong)Letters.Length)]);
        var id = $"{now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}-{string.Concat(letters)}";
        _sessions[id] = new Session(filters, result, now + life);
        return id;
    }

    /// <summary>The result that a session holds, if it was opened with the same filters and not too long ago.</summary>
    public bool TryContinue(
        string id, string filters, DateTimeOffset now, TimeSpan life, [NotNullWhen(true)] out IReadOnlyList<ProfileMatch>? result)
    {
        result = null;
        if (!_sessions.TryGetValue(id, out var session) || session.Expires <= now || session.Filters != filters)
        {
            return false;
        }

        _sessions[id] = session with { Expires = now + life };
        result = session.Result;
        return true;
    }

    private sealed record Session(string Filters, IReadOnlyList<ProfileMatch> Result, DateTimeOffset Expires);
}
