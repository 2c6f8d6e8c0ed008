namespace Sluice.Brevo;

/// <summary>The order of a listing, by creation.</summary>
public enum BrevoSort
{
    /// <summary>Oldest first (<c>asc</c>). While pages are read, new items come after those already seen.</summary>
    Ascending,

    /// <summary>Newest first (<c>desc</c>).</summary>
    Descending,
}
