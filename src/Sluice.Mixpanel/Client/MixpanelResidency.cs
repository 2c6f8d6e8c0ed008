namespace Sluice.Mixpanel.Client;

/// <summary>Where Mixpanel keeps a project's data. Each place has hosts of its own, and the others do not know the project.</summary>
public enum MixpanelResidency
{
    /// <summary>The United States.</summary>
    UnitedStates,

    /// <summary>The European Union.</summary>
    EuropeanUnion,

    /// <summary>India.</summary>
    India,
}
