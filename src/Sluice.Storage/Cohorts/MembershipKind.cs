namespace Sluice.Storage.Cohorts;

/// <summary>What a session said of a person.</summary>
internal static class MembershipKind
{
    public const short Left = 0;
    public const short Entered = 1;
    public const short Listed = 2;
}
