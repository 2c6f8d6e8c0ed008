using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>An event as it lies here; its properties are JSON.</summary>
internal sealed record StoredEvent(
    string Endpoint, string Name, long TimeMs, string DistinctId, string InsertId, bool InsertIdSent, byte[] Properties, DateTimeOffset ArrivedAt);

/// <summary>Every event in order of arrival. Nothing is a duplicate here; only queries look at keys.</summary>
internal sealed class EventLog
{
    // A deleted event leaves its place empty: the others keep their numbers, and an export that is under way its way.
    private readonly List<StoredEvent?> _events = [];

    /// <summary>How many ever arrived.</summary>
    public int Count => _events.Count;

    /// <summary>The size of all properties together.</summary>
    public long Bytes { get; private set; }

    /// <summary>An event, or null where one was deleted.</summary>
    public StoredEvent? At(int index) => _events[index];

    /// <summary>The newest, newest first.</summary>
    public IReadOnlyList<MixpanelEventView> Last(int count) => [.. Present(Enumerable.Range(1, _events.Count).Select(back => _events.Count - back)).Take(count)];

    public IReadOnlyList<MixpanelEventView> Views => [.. Present(Enumerable.Range(0, _events.Count))];

    public void Add(
        string endpoint, string name, long timeMs, string distinctId, string insertId, bool insertIdSent, JsonObject properties, DateTimeOffset now)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(properties, MixpanelAnswer.Plain);
        Bytes += json.Length;
        _events.Add(new StoredEvent(endpoint, name, timeMs, distinctId, insertId, insertIdSent, json, now));
    }

    /// <summary>
    /// What queries show: of copies with the same name, id, time and insert id the one that came last, and every event under
    /// its person's canonical id.
    /// </summary>
    public IReadOnlyList<MixpanelEventView> Query(IdentityBook identity) => [.. Unmerged().Select(view => UnderCanonicalId(view, identity))];

    /// <summary>The same under the ids that the events' own fields resolve to, which is how scripts see them.</summary>
    public IReadOnlyList<MixpanelEventView> Unmerged()
    {
        var last = new Dictionary<(string, string, long, string), int>();
        for (var i = 0; i < _events.Count; i++)
        {
            if (_events[i] is { } stored)
            {
                last[(stored.Name, stored.DistinctId, stored.TimeMs, stored.InsertId)] = i;
            }
        }

        return [.. Present(last.Values.Order())];
    }

    /// <summary>Deletes the events that are meant.</summary>
    public void Delete(Func<StoredEvent, bool> isMeant)
    {
        for (var i = 0; i < _events.Count; i++)
        {
            if (_events[i] is { } stored && isMeant(stored))
            {
                Bytes -= stored.Properties.Length;
                _events[i] = null;
            }
        }
    }

    private IEnumerable<MixpanelEventView> Present(IEnumerable<int> places) =>
        places.Where(index => _events[index] is not null).Select(index => View(_events[index]!, index));

    private static MixpanelEventView UnderCanonicalId(MixpanelEventView view, IdentityBook identity)
    {
        var canonical = identity.Canonical(view.DistinctId);
        if (canonical == view.DistinctId)
        {
            return view;
        }

        var properties = (JsonObject)JsonNode.Parse(view.PropertiesJson)!;
        properties["distinct_id"] = canonical;
        properties["$distinct_id_before_identity"] = view.DistinctId;
        properties["$is_reshuffled"] = true;
        return view with { DistinctId = canonical, PropertiesJson = properties.ToJsonString(MixpanelAnswer.Plain) };
    }

    private static MixpanelEventView View(StoredEvent stored, int index) => new(
        index + 1, stored.Endpoint, stored.Name, stored.TimeMs, stored.DistinctId, stored.InsertId, stored.InsertIdSent,
        Encoding.UTF8.GetString(stored.Properties), stored.ArrivedAt);
}
