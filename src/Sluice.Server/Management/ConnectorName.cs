namespace Sluice.Server.Management;

/// <summary>The systems that can be connected.</summary>
public static class ConnectorName
{
    public const string Mixpanel = "mixpanel";
    public const string Brevo = "brevo";

    public static IReadOnlyList<string> All { get; } = [Mixpanel, Brevo];
}
