namespace Sluice.Configuration.Definition;

internal static class ReportKeys
{
    public static readonly Key<ReportSource> Reports = new(
        "reports",
        new ChoiceShape<ReportSource>(("mixpanel", ReportSource.Mixpanel)),
        "Who answers the query API and the raw export on Sluice's paths. `mixpanel`: the Mixpanel project itself, with the credentials of `connectors.mixpanel` and inside its hourly budget. The only choice of this version.")
    {
        Default = ReportSource.Mixpanel,
        DefaultText = "mixpanel",
        Example = "mixpanel",
    };
}
