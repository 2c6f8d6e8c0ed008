namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Whose rules a body of events must follow.</summary>
public enum EventRules
{
    /// <summary><c>/import</c>: time, id and insert id are required and checked.</summary>
    Import,

    /// <summary>
    /// <c>/track</c>: only the name and the token are required. An id that cannot be one counts as not sent; a time that cannot
    /// be one fails the event, because it did not happen when it arrived.
    /// </summary>
    Track,
}
