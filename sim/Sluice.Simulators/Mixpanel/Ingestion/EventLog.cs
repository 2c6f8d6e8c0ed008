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
    private readonly List<StoredEvent> _events = [];

    public int Count => _events.Count;

    /// <summary>The size of all properties together.</summary>
    public long Bytes { get; private set; }

    public StoredEvent At(int index) => _events[index];

    /// <summary>The newest, newest first.</summary>
    public IReadOnlyList<MixpanelEventView> Last(int count) =>
        [.. Enumerable.Range(1, Math.Min(count, _events.Count)).Select(back => View(_events[^back], _events.Count - back))];

    public IReadOnlyList<MixpanelEventView> Views => [.. _events.Select((stored, index) => View(stored, index))];

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
    public IReadOnlyList<MixpanelEventView> Query(IdentityBook identity)
    {
        var last = new Dictionary<(string, string, long, string), int>();
        for (var i = 0; i < _events.Count; i++)
        {
            var stored = _events[i];
            last[(stored.Name, stored.DistinctId, stored.TimeMs, stored.InsertId)] = i;
        }

        return [.. last.Values.Order().Select(index => UnderCanonicalId(View(_events[index], index), identity))];
    }

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
