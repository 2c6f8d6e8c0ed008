namespace Sluice.Destinations.Brevo.Events;

/// <summary>Under which names events go to Brevo.</summary>
public sealed class EventNames
{
    private readonly Dictionary<string, string> _mapped;
    private readonly HashSet<string> _taken;

    /// <param name="mapped">Mixpanel's name to Brevo's.</param>
    /// <param name="sendUnmapped">Others are sent under their own name.</param>
    public EventNames(IReadOnlyDictionary<string, string> mapped, bool sendUnmapped)
    {
        _mapped = mapped.ToDictionary(m => m.Key, m => EventNameText.Convert(m.Value), StringComparer.Ordinal);
        _taken = _mapped.Values.ToHashSet(StringComparer.Ordinal);
        Wanted = sendUnmapped ? null : [.. _mapped.Keys];
    }

    /// <summary>Mixpanel's names of the events that are sent; null for all.</summary>
    public IReadOnlyCollection<string>? Wanted { get; }

    /// <summary>Two events of the config may share a name, for someone wanted it so; another one does not slip under it.</summary>
    public string NameOf(string name)
    {
        if (_mapped.TryGetValue(name, out var mapped))
        {
            return mapped;
        }

        var own = EventNameText.Convert(name);
        return _taken.Contains(own) ? EventNameText.WithHash(own, name) : own;
    }
}
