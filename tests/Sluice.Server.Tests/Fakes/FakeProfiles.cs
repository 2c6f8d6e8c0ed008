using System.Collections.Concurrent;
using System.Text;
using Sluice.Core.People;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Keeps updates in memory, in a line each, and refuses as a test says.</summary>
internal sealed class FakeProfiles : IProfileIntake
{
    public ConcurrentQueue<string> Applied { get; } = new();

    public Func<int, string?> Refuse { get; set; } = _ => null;

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(ProfileUpdates updates, CancellationToken cancellationToken) =>
        ApplyAsync(updates.Updates.Select(u => (u.Index, $"{updates.Project} {updates.Mode} {u.DistinctId} {u.Time}{(u.IgnoreAlias ? " as-is" : "")}: {Show(u.Operations)}")));

    public Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(GroupUpdates updates, CancellationToken cancellationToken) =>
        ApplyAsync(updates.Updates.Select(u => (u.Index, $"{updates.Project} {u.GroupKey}={u.GroupId}: {Show(u.Operations)}")));

    private async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(IEnumerable<(int Index, string Text)> updates)
    {
        await Before();
        var refused = new List<RefusedUpdate>();
        foreach (var (index, text) in updates)
        {
            if (Refuse(index) is { } reason)
            {
                refused.Add(new RefusedUpdate(index, reason));
            }
            else
            {
                Applied.Enqueue(text);
            }
        }

        return refused;
    }

    private static string Show(IEnumerable<ProfileOperation> operations) =>
        string.Join("; ", operations.Select(o => $"{o.Kind} {o.Name} {Encoding.UTF8.GetString(o.Value.Span)}".TrimEnd()));

    // Nobody whom the server answers says as of when.
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
