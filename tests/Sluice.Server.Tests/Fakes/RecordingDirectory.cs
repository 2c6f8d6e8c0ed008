using System.Collections.Concurrent;
using Sluice.Core.Projects;

namespace Sluice.Server.Tests.Fakes;

/// <summary>The real directory, remembering from where it was asked.</summary>
internal sealed class RecordingDirectory(IProjectDirectory inner) : IProjectDirectory
{
    public ConcurrentQueue<string> Sources { get; } = new();

    public Project? Find(string id) => inner.Find(id);

    public Project? FindByToken(string token) => inner.FindByToken(token);

    public ValueTask<Project?> AuthenticateAsync(
        string userName, string password, string source, CancellationToken cancellationToken, string? remoteProject = null)
    {
        Sources.Enqueue(source);
        return inner.AuthenticateAsync(userName, password, source, cancellationToken, remoteProject);
    }
}
