using System.Text;
using Sluice.Simulators.Mixpanel.App;

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

    /// <summary>Finds the project, or refuses the call in the shape of its family.</summary>
    public static ProjectState Project(
        World world, IngestionRequest request, Ways ways, bool writes, Func<int, string, MixpanelAnswer>? refusal = null)
    {
        var projectId = request.Parameter("project_id");
        var project = world.ById(projectId);
        if (Bearer(request.Authorization) is { } bearer && ways.HasFlag(Ways.OAuth))
        {
            return project is not null && IsHere(project) && world.Opens(bearer, project) ? project : throw Unknown();
        }

        if (Basic(request.Authorization) is not var (user, secret))
        {
            throw Unknown();
        }

        if (secret.Length == 0)
        {
            return ByKey(user);
        }

        var account = world.Accounts.Find(user, secret, world.Now) ?? throw Unknown();
        if (projectId is null)
        {
            // Only when the account exists: nobody learns more from a wrong one.
            throw Refusal(400, "project_id is required");
        }

        if (project is null || !IsHere(project) || !account.Projects.TryGetValue(projectId, out var role))
        {
            throw Unknown();
        }

        return writes && role is not (MixpanelRole.Owner or MixpanelRole.Admin)
            ? throw Refusal(403, "The service account must be an owner or admin of the project")
            : project;

        bool IsHere(ProjectState of) => of.Settings.Residency == request.Residency;

        ProjectState ByKey(string key)
        {
            var owner = world.Projects.FirstOrDefault(known =>
                (ways.HasFlag(Ways.Secret) && known.Settings.ApiSecret == key) || (ways.HasFlag(Ways.Token) && known.Settings.Token == key));
            return owner is null || !IsHere(owner) ? throw Unknown()
                : projectId is not null ? throw Refusal(400, "project_id must not be sent with a project secret or token")
                : owner;
        }

        MixpanelRefusal Unknown() => Refusal(401, "Invalid credentials");

        MixpanelRefusal Refusal(int status, string error) => new((refusal ?? Envelope)(status, error));
    }

    /// <summary>The service account that calls, or null.</summary>
    public static Account? ServiceAccount(World world, IngestionRequest request) =>
        Basic(request.Authorization) is var (user, secret) && secret.Length > 0 ? world.Accounts.Find(user, secret, world.Now) : null;

    /// <summary>The token of a bearer's header.</summary>
    public static string? Bearer(string? header) =>
        Split(header) is var (scheme, token) && scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? token : null;

    /// <summary>The pair of a Basic header.</summary>
    public static (string User, string Secret)? Basic(string? header) =>
        Split(header) is var (scheme, credentials) && scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? Decode(credentials) : null;

    private static MixpanelAnswer Envelope(int status, string error) => MixpanelAnswer.Error(status, error);

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
