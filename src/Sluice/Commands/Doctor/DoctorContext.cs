using Sluice.Configuration;
using Sluice.Storage;

namespace Sluice.Commands.Doctor;

/// <summary>What the checks of one project work with.</summary>
/// <param name="Store">Null when it cannot be opened, or is not there yet.</param>
/// <param name="Tokens">Opens Mixpanel where the project has OAuth; null without a store, which keeps what tokens become.</param>
/// <param name="MayCall">Whether a call can be counted: without a store nobody has called yet, and with one that cannot be opened nobody knows.</param>
internal sealed record DoctorContext(SluiceSettings Settings, ProjectSettings Project, Store? Store, Hosting.MixpanelTokens? Tokens, bool MayCall, HttpClient Http, TimeProvider Time, Findings Findings)
{
    /// <summary>How long one call may take.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(8);

    public void Add(Core.Doctor.FindingKind kind, string seen) => Findings.Add(kind, Project.Id, seen);
}
