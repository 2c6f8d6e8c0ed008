using System.Collections.Concurrent;
using Sluice.Core.Projects;

namespace Sluice.Server.Tests.Fakes;

/// <summary>The real directory, remembering from where it was asked.</summary>
internal sealed class RecordingDirectory(IProjectDirectory inner) : IProjectDirectory
{
    public ConcurrentQueue<string> Sources { get; } = new();

    public Project? Find(string id) => inner.Find(id);

    /// <summary>How many tokens were looked up.</summary>
    public int Lookups { get; private set; }

    public Project? FindByToken(string token)
    {
        Lookups++;
        return inner.FindByToken(token);
    }

    public ValueTask<Project?> AuthenticateAsync(string accessKey, string secretKey, string source, CancellationToken cancellationToken)
    {
        Sources.Enqueue(source);
        return inner.AuthenticateAsync(accessKey, secretKey, source, cancellationToken);
    }

    public ValueTask<Project?> AuthenticateClientAsync(
        string userName, string password, string? remoteProject, string source, CancellationToken cancellationToken)
    {
        Sources.Enqueue(source);
        return inner.AuthenticateClientAsync(userName, password, remoteProject, source, cancellationToken);
    }
}
