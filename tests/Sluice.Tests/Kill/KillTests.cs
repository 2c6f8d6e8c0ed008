using Sluice.Testing;

namespace Sluice.Tests.Kill;

/// <summary>The real program, killed at instants that nobody chose. What it has acknowledged reaches the list all the same.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Killed_again_and_again_on_the_embedded_store()
    {
        using var folder = new TempFolder();
        await KillHarness.RunAsync(folder, storage: "", rounds: KillHarness.Rounds(12));
    }
}
