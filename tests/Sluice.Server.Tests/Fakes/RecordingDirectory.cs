using System.Collections.Concurrent;
using Sluice.Core.Projects;

namespace Sluice.Server.Tests.Fakes;

/// <summary>The real directory, remembering from where it was asked.</summary>
internal sealed class RecordingDirectory(IProjectDirectory inner) : IProjectDirectory
{
    public ConcurrentQueue<string> Sources { get; } = new();

    public Project? Find(string id) => inner.Find(id);

    public ValueTask<Project?> AuthenticateAsync(string accessKey, string secretKey, string source, CancellationToken cancellationToken)
    {
        Sources.Enqueue(source);
        return inner.AuthenticateAsync(accessKey, secretKey, source, cancellationToken);
    }
}
