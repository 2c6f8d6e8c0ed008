using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

internal static class ConnectorKeys
{
    public static readonly Key<BlockReader> Mixpanel = new("mixpanel", MixpanelKeys.Block, "The Mixpanel project that feeds this one.");

    public static readonly Key<BlockReader> Brevo = new(
        "brevo", BrevoKeys.Block, "The Brevo account that is kept in step. Without the block Sluice receives and keeps.");

    public static readonly BlockShape Block = new(Mixpanel, Brevo);
}
