using System.Text;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Which project a call may speak for.</summary>
internal static class Credentials
{
    /// <summary>The ways in that an endpoint has besides a service account.</summary>
    [Flags]
    public enum Ways
    {
        ServiceAccount = 0,
        Secret = 1,
        Token = 2,
        OAuth = 4,
    }

    /// <summary>Finds the project, or refuses the call.</summary>
    public static ProjectState Project(World world, IngestionRequest request, Ways ways, bool writes)
    {
        var (scheme, credentials) = Split(request.Authorization);
        var projectId = request.Parameter("project_id");
        var project = world.ById(projectId);
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && ways.HasFlag(Ways.OAuth))
        {
            return project is not null && IsHere(project) && project.Settings.OAuthTokens.Contains(credentials) ? project : throw Unknown();
        }

        if (!scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            throw Unknown();
        }

        var (user, secret) = Decode(credentials);
        if (secret.Length == 0)
        {
            return ByKey(user);
        }

        if (projectId is null)
        {
            // Only when the account exists: nobody learns more from a wrong one.
            throw world.Projects.Any(known => Account(known) is not null) ? Refusal(400, "project_id is required") : Unknown();
        }

        var account = project is not null && IsHere(project) ? Account(project) ?? throw Unknown() : throw Unknown();
        return writes && account.Role is not (MixpanelRole.Owner or MixpanelRole.Admin)
            ? throw Refusal(403, "The service account must be an owner or admin of the project")
            : project;

        MixpanelServiceAccount? Account(ProjectState of) =>
            of.Settings.ServiceAccounts.FirstOrDefault(account => account.UserName == user && account.Secret == secret);

        bool IsHere(ProjectState of) => of.Settings.Residency == request.Residency;

        ProjectState ByKey(string key)
        {
            var owner = world.Projects.FirstOrDefault(known =>
                (ways.HasFlag(Ways.Secret) && known.Settings.ApiSecret == key) || (ways.HasFlag(Ways.Token) && known.Settings.Token == key));
            return owner is null || !IsHere(owner) ? throw Unknown()
                : projectId is not null ? throw Refusal(400, "project_id must not be sent with a project secret or token")
                : owner;
        }
    }

    private static MixpanelRefusal Unknown() => Refusal(401, "Invalid credentials");

    private static MixpanelRefusal Refusal(int status, string error) => new(MixpanelAnswer.Error(status, error));

    private static (string Scheme, string Credentials) Split(string? header)
    {
        var text = header ?? "";
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? ("", "") : (text[..blank], text[(blank + 1)..].Trim());
    }

    // Mixpanel also takes the pair as it is; a colon is no letter of base64, so that the two cannot be confused.
    private static (string User, string Secret) Decode(string credentials)
    {
        var bytes = new byte[credentials.Length];
        var pair = !credentials.Contains(':', StringComparison.Ordinal) && Convert.TryFromBase64String(credentials, bytes, out var count)
            ? Encoding.UTF8.GetString(bytes, 0, count)
            : credentials;
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (pair, "") : (pair[..colon], pair[(colon + 1)..]);
    }
}
