namespace Sluice.Core.Delivery.Limiter;

/// <summary>What the remote allows until a time: so many more grants. The default value is no hold.</summary>
internal readonly record struct RemoteHold(long Until, int Left)
{
    public bool IsSet => Until != 0;

    public RemoteHold Spend(int count) => IsSet ? this with { Left = Left - count } : this;

    public RemoteHold GiveBack(int count) => IsSet ? this with { Left = Left + count } : this;

    public RemoteHold MovedBack(long distance) => IsSet ? this with { Until = Math.Max(1, Until - distance) } : this;

    /// <summary>The tighter of the two: answers overtake each other, so what was read last need not be what was counted last.</summary>
    public RemoteHold Tightened(RemoteHold other) => !IsSet || other.Left < Left ? other : this;
}
