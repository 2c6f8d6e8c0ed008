namespace Sluice.Simulators.Mixpanel;

/// <summary>Mixpanel would not let a person set this sync up.</summary>
public sealed class CohortSyncRefusedException : InvalidOperationException
{
    /// <summary>A refusal without a reason.</summary>
    public CohortSyncRefusedException()
    {
    }

    /// <summary>A refusal for this reason.</summary>
    public CohortSyncRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal for this reason, caused by something else.</summary>
    public CohortSyncRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
