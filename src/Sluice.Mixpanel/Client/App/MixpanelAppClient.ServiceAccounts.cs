using System.Globalization;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <seealso href="https://developer.mixpanel.com/reference/service-accounts-api"/>
public sealed partial class MixpanelAppClient
{
    private const string ServiceAccounts = "/service-accounts";

    /// <summary>Lists the service accounts of an organisation. Only its owners and admins may.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The accounts.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<MixpanelServiceAccount>> ServiceAccountsAsync(long organization, CancellationToken cancellationToken = default) =>
        Accounts(await ResultsAsync(HttpMethod.Get, ServiceAccounts, Accounts(organization), null, cancellationToken).ConfigureAwait(false));

    /// <summary>Lists the service accounts of the project.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The accounts.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<MixpanelServiceAccount>> ServiceAccountsOfProjectAsync(CancellationToken cancellationToken = default) =>
        Accounts(await ResultsAsync(HttpMethod.Get, ServiceAccounts, Project(ServiceAccounts), null, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads one service account.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The account.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.NotFound"/> when there is none.</exception>
    public async Task<MixpanelServiceAccount> ServiceAccountAsync(long organization, long account, CancellationToken cancellationToken = default) =>
        MixpanelServiceAccount.Read(
            await ResultsAsync(HttpMethod.Get, ServiceAccounts, $"{Accounts(organization)}/{Id(account)}", null, cancellationToken).ConfigureAwait(false));

    /// <summary>Makes a service account. Only owners and admins of the organisation may.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="userName">Its name.</param>
    /// <param name="role">What it may do in the organisation: owner, admin, analyst or consumer.</param>
    /// <param name="projects">The projects that it may see.</param>
    /// <param name="expires">When it ends; null for never.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The account and its secret, which Mixpanel shows this once.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class. After <see cref="MixpanelException.IsOutcomeUnknown"/> the account may be there, and its secret is lost: list and delete it.</exception>
    public async Task<MixpanelNewServiceAccount> CreateServiceAccountAsync(
        long organization, string userName, string role, IReadOnlyCollection<MixpanelProjectRole> projects, DateTimeOffset? expires = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userName);
        ArgumentException.ThrowIfNullOrEmpty(role);
        ArgumentNullException.ThrowIfNull(projects);
        var results = await ResultsAsync(
            HttpMethod.Post,
            ServiceAccounts,
            Accounts(organization),
            body =>
            {
                body.WriteString("username", userName);
                body.WriteString("role", role);
                if (expires is { } end)
                {
                    body.WriteString("expires", end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                }

                Projects(body, projects);
            },
            cancellationToken).ConfigureAwait(false);
        return new MixpanelNewServiceAccount(
            MixpanelServiceAccount.Read(results), results.Text("token") ?? throw MixpanelFailures.Unreadable(201, "the new service account has no secret."));
    }

    /// <summary>Deletes a service account. What uses it is let in no more.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is gone.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.NotFound"/> when there is none.</exception>
    public Task DeleteServiceAccountAsync(long organization, long account, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, ServiceAccounts, $"{Accounts(organization)}/{Id(account)}", null, cancellationToken);

    /// <summary>Lets service accounts see projects.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="accounts">The accounts.</param>
    /// <param name="projects">The projects, and what the accounts may do there.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public Task AddServiceAccountsAsync(
        long organization, IReadOnlyCollection<long> accounts, IReadOnlyCollection<MixpanelProjectRole> projects, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(projects);
        return SendAsync(
            HttpMethod.Post,
            ServiceAccounts,
            Accounts(organization) + "/add-to-project",
            body =>
            {
                Projects(body, projects);
                body.List("service_account_ids", accounts);
            },
            cancellationToken);
    }

    /// <summary>Lets service accounts see projects no more.</summary>
    /// <param name="organization">The organisation.</param>
    /// <param name="accounts">The accounts.</param>
    /// <param name="projects">The projects.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public Task RemoveServiceAccountsAsync(long organization, IReadOnlyCollection<long> accounts, IReadOnlyCollection<long> projects, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(projects);
        return SendAsync(
            HttpMethod.Post,
            ServiceAccounts,
            Accounts(organization) + "/remove-from-project",
            body =>
            {
                body.WriteStartArray("projects");
                foreach (var project in projects)
                {
                    body.WriteStartObject();
                    body.WriteNumber("id", project);
                    body.List("service_account_ids", accounts);
                    body.WriteEndObject();
                }

                body.WriteEndArray();
            },
            cancellationToken);
    }

    private static string Accounts(long organization) => $"/organizations/{Id(organization)}{ServiceAccounts}";

    private static IReadOnlyList<MixpanelServiceAccount> Accounts(JsonElement results) => [.. List(results, "service accounts").Select(MixpanelServiceAccount.Read)];

    private static JsonElement.ArrayEnumerator List(JsonElement results, string what) =>
        results.ValueKind == JsonValueKind.Array ? results.EnumerateArray() : throw MixpanelFailures.Unreadable(200, $"its results are no list of {what}.");

    private static void Projects(Utf8JsonWriter body, IReadOnlyCollection<MixpanelProjectRole> projects)
    {
        body.WriteStartArray("projects");
        foreach (var (id, role) in projects)
        {
            body.WriteStartObject();
            body.WriteNumber("id", id);
            body.WriteString("role", role);
            body.WriteEndObject();
        }

        body.WriteEndArray();
    }
}
