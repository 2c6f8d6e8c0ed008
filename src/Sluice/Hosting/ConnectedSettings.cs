using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Configuration;
using Sluice.Core.Identity;
using Sluice.Core.Management;
using Sluice.Server.Management;

namespace Sluice.Hosting;

/// <summary>What was connected to Mixpanel by the management API, as it lies encrypted in the store.</summary>
internal sealed record ConnectedMixpanel(
    string? ProjectToken, string? ServiceAccountUser, string? ServiceAccountSecret, string? ProjectId, DataResidency DataResidency, ConnectedOAuth? OAuth = null);

/// <summary>The OAuth client among it, with the refresh token as somebody gave it.</summary>
internal sealed record ConnectedOAuth(string ClientId, string? ClientSecret, string RefreshToken);

/// <summary>What was connected to Brevo by the management API, as it lies encrypted in the store.</summary>
internal sealed record ConnectedBrevo(string ApiKey);

[JsonSerializable(typeof(ConnectedMixpanel))]
[JsonSerializable(typeof(ConnectedBrevo))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class ConnectedJson : JsonSerializerContext;

/// <summary>Adds to a project of the config file what was connected since. What the file says always wins.</summary>
internal sealed class ConnectedSettings(IConnectors connectors, SecretBox box)
{
    /// <summary>The project with what is connected and paused now.</summary>
    /// <exception cref="StartException">What is stored cannot be opened.</exception>
    public async Task<ProjectSettings> OfAsync(ProjectSettings declared, CancellationToken cancellationToken)
    {
        var project = declared;
        foreach (var stored in await connectors.ListAsync(declared.Id, cancellationToken))
        {
            if (stored.Name == ConnectorName.Mixpanel)
            {
                var content = Read(declared.Id, stored, ConnectedJson.Default.ConnectedMixpanel);
                project = (content is null ? project : With(project, content)) with { MixpanelPaused = stored.Paused };
            }
            else if (stored.Name == ConnectorName.Brevo)
            {
                var content = Read(declared.Id, stored, ConnectedJson.Default.ConnectedBrevo);
                project = (content is null ? project : With(project, content)) with { BrevoPaused = stored.Paused };
            }
        }

        return project;
    }

    public byte[] Seal(string project, ConnectedMixpanel content) =>
        box.Seal(Purpose(project, ConnectorName.Mixpanel), JsonSerializer.SerializeToUtf8Bytes(content, ConnectedJson.Default.ConnectedMixpanel));

    public byte[] Seal(string project, ConnectedBrevo content) =>
        box.Seal(Purpose(project, ConnectorName.Brevo), JsonSerializer.SerializeToUtf8Bytes(content, ConnectedJson.Default.ConnectedBrevo));

    /// <summary>The project with these credentials of Mixpanel's, wherever the file has none.</summary>
    public static ProjectSettings With(ProjectSettings project, ConnectedMixpanel connected)
    {
        var account = connected is { ServiceAccountUser: { } user, ServiceAccountSecret: { } secret } ? new ServiceAccountSettings(user, new Secret(secret)) : null;
        var oauth = connected.OAuth is { } given
            ? new OAuthSettings(given.ClientId, given.ClientSecret is null ? null : new Secret(given.ClientSecret), new Secret(given.RefreshToken))
            : null;
        return project with
        {
            Mixpanel = project.Mixpanel is { } file
                ? file with
                {
                    ProjectToken = file.ProjectToken ?? connected.ProjectToken,
                    ProjectId = file.ProjectId ?? connected.ProjectId,
                    ServiceAccount = file.ServiceAccount ?? (file is { OauthToken: null, OAuth: null } ? account : null),
                    OAuth = file.OAuth ?? (file is { OauthToken: null, ServiceAccount: null } ? oauth : null),
                }
                : new MixpanelConnectorSettings
                {
                    Enabled = true,
                    ProjectToken = connected.ProjectToken,
                    ProjectId = connected.ProjectId,
                    ServiceAccount = account,
                    OAuth = oauth,
                    DataResidency = connected.DataResidency,
                    Identity = IdentityMode.Simplified,
                    Sync = new SyncSettings(Events: true, Profiles: true, Cohorts: true, Groups: false),
                    Forward = false,
                    Endpoints = new MixpanelEndpointSettings(null, null, null, null),
                },
        };
    }

    /// <summary>The project with this key of Brevo's, unless the file has one.</summary>
    public static ProjectSettings With(ProjectSettings project, ConnectedBrevo connected) =>
        project with { Brevo = project.Brevo ?? project.UnconnectedBrevo.With(new Secret(connected.ApiKey)) };

    private static string Purpose(string project, string connector) => $"connector\0{project}\0{connector}";

    private T? Read<T>(string project, StoredConnector stored, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (stored.Sealed is not { } content)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(box.Open(Purpose(project, stored.Name), content), type);
        }
        catch (CryptographicException e)
        {
            throw new StartException($"What project {project} has connected to {stored.Name} cannot be decrypted: the store was changed by another hand.", e);
        }
    }
}
