namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>Who asks for a call, and how long they wait for it.</summary>
public sealed record MixpanelCaller
{
    private MixpanelCaller(bool isJob, string? reservation, TimeSpan patience)
    {
        IsJob = isJob;
        Reservation = reservation;
        Patience = patience;
    }

    /// <summary>Whether a part of the budget is left to people.</summary>
    public bool IsJob { get; }

    /// <summary>The name under which calls were reserved; null for none.</summary>
    public string? Reservation { get; }

    /// <summary>The longest wait; zero is told at once.</summary>
    public TimeSpan Patience { get; }

    /// <summary>Somebody waits for the answer. Takes all that is left, except what is reserved for a job.</summary>
    /// <param name="patience">The longest wait; zero to be told at once.</param>
    public static MixpanelCaller Person(TimeSpan patience) => new(isJob: false, reservation: null, patience);

    /// <summary>Nobody waits for the answer. Leaves a sixth of the hour and two of five places to people.</summary>
    /// <param name="patience">The longest wait.</param>
    /// <param name="reservation">The name under which the job has reserved calls: those are spent first.</param>
    public static MixpanelCaller Job(TimeSpan patience, string? reservation = null) => new(isJob: true, reservation, patience);
}
