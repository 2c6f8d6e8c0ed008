using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A service account. Times are as Mixpanel writes them.</summary>
/// <param name="Id">Its number.</param>
/// <param name="UserName">The name that calls show.</param>
/// <param name="Expires">When it ends; null when never.</param>
/// <param name="LastUsed">When it was used last; null when never.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Creator">Who made it.</param>
public sealed record MixpanelServiceAccount(long Id, string UserName, string? Expires, string? LastUsed, string? Created, string? Creator)
{
    internal static MixpanelServiceAccount Read(JsonElement of) => new(
        of.Long("id") ?? throw MixpanelFailures.Unreadable(200, "a service account has no id."),
        of.Text("username") ?? "",
        of.Text("expires"),
        of.Text("last_used"),
        of.Text("created"),
        of.Text("creator"));
}

/// <summary>A service account that was made just now. It never prints the secret.</summary>
/// <param name="Account">The account.</param>
/// <param name="Secret">Its secret, which is shown this once.</param>
public sealed record MixpanelNewServiceAccount(MixpanelServiceAccount Account, string Secret)
{
    /// <summary>Names the account.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"service account {Account.UserName}";
}

/// <summary>A project, and what a service account may do in it.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="Role">owner, admin, analyst or consumer.</param>
public sealed record MixpanelProjectRole(long ProjectId, string Role);
