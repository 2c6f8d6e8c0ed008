using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Simulators.Mixpanel;

/// <summary>A connection to a custom webhook. As at Mixpanel its address cannot be edited; its credentials can be entered anew.</summary>
public sealed class CohortConnection
{
    private volatile AuthenticationHeaderValue? _authorization;

    internal CohortConnection(string name, Uri url, string? user, string? password)
    {
        Name = name;
        Url = url;
        Authorize(user, password);
    }

    /// <summary>What the project's people call it.</summary>
    public string Name { get; }

    /// <summary>Where every call goes.</summary>
    public Uri Url { get; }

    internal AuthenticationHeaderValue? Authorization => _authorization;

    internal ConnectionPump? Pump { get; set; }

    /// <summary>
    /// Enters the credentials anew, as a person does after a 401. Paused syncs stay paused until <see cref="CohortSyncSimulator.Resume"/>.
    /// </summary>
    /// <param name="user">The user name; null sends no credentials at all.</param>
    /// <param name="password">The password.</param>
    public void Authorize(string? user, string? password) =>
        _authorization = user is null
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}
