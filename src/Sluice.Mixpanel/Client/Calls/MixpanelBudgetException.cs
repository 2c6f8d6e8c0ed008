using System.Globalization;

namespace Sluice.Mixpanel.Client;

/// <summary>A gate did not let a call through: the budget has nothing left for this caller, and they did not want to wait. Nothing was sent.</summary>
public sealed class MixpanelBudgetException : Exception
{
    /// <summary>Makes an empty one.</summary>
    public MixpanelBudgetException()
        : this("The budget of calls to Mixpanel has nothing left.")
    {
    }

    /// <summary>Makes one that knows no times.</summary>
    /// <param name="message">What happened.</param>
    public MixpanelBudgetException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that knows no times.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it.</param>
    public MixpanelBudgetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="budget">The limit that the call counts against.</param>
    /// <param name="left">How many calls a person could make now.</param>
    /// <param name="moreAt">When asking again can succeed, as far as is known.</param>
    /// <param name="retryAfter">How long that is from now.</param>
    /// <param name="reason">Why there is none.</param>
    public MixpanelBudgetException(MixpanelBudget budget, int left, DateTimeOffset moreAt, TimeSpan retryAfter, string reason)
        : this(string.Create(
            CultureInfo.InvariantCulture,
            $"There is no call of Mixpanel's {budget} budget now: {reason}. More comes at {moreAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, in {Math.Ceiling(retryAfter.TotalSeconds):0} s."))
    {
        Budget = budget;
        Left = left;
        MoreAt = moreAt;
        RetryAfter = retryAfter;
    }

    /// <summary>The limit that the call counts against.</summary>
    public MixpanelBudget Budget { get; }

    /// <summary>How many calls a person could make now.</summary>
    public int Left { get; }

    /// <summary>When asking again can succeed, as far as is known.</summary>
    public DateTimeOffset MoreAt { get; }

    /// <summary>How long that was from the time of the throw.</summary>
    public TimeSpan RetryAfter { get; }
}
