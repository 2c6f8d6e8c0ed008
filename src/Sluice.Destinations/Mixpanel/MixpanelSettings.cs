using System.Security.Cryptography;
using System.Text;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel;

/// <summary>Which Mixpanel project gets what was received, and how it is reached.</summary>
public sealed record MixpanelSettings
{
    /// <summary>The project's token, with which updates of profiles say whose they are.</summary>
    public required string Token { get; init; }

    /// <summary>What opens <c>/import</c> and lookup tables.</summary>
    public required MixpanelCredentials Credentials { get; init; }

    /// <summary>The root of the ingestion API.</summary>
    public required Uri Ingestion { get; init; }

    /// <summary>The names under which the project's budgets are counted, whoever calls; by default the token alone.</summary>
    public IReadOnlyList<string> Accounts { get => field ?? [MixpanelBudgets.AccountOf(Ingestion, Token)]; init; }

    /// <summary>Names the account that lookup tables are counted for.</summary>
    public string Account => $"mixpanel/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Ingestion.Authority}\0{Token}")).AsSpan(0, 8))}";
}
