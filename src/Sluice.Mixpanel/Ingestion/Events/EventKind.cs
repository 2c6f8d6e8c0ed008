namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>What an event says beside that something happened.</summary>
public enum EventKind
{
    /// <summary>Nothing.</summary>
    Ordinary,

    /// <summary><c>$identify</c>: <see cref="MixpanelEvent.Id"/> is the identified id, <see cref="MixpanelEvent.OtherId"/> the anonymous one.</summary>
    Identify,

    /// <summary><c>$create_alias</c>: <see cref="MixpanelEvent.Id"/> is the known id, <see cref="MixpanelEvent.OtherId"/> its new alias.</summary>
    CreateAlias,

    /// <summary><c>$merge</c>: <see cref="MixpanelEvent.Id"/> and <see cref="MixpanelEvent.OtherId"/> are the two ids as listed.</summary>
    Merge,
}
