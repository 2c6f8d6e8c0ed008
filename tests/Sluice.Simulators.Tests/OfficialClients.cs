using Sluice.Testing;

namespace Sluice.Simulators.Tests;

/// <summary>Node and the installed official clients of both vendors. Without them these tests fail: nothing else can stand for them.</summary>
public sealed class OfficialClients : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static string Folder => Repository.Combine("tests/Sluice.Simulators.Tests/official-clients");

    public async ValueTask InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "mixpanel")))
        {
            await ChildProcess.RunAsync(
                "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], workingFolder: Folder, within: Patience,
                cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs one of the folder's scripts and gives what it printed.</summary>
    public static Task<string> RunAsync(string script, params string[] arguments) => RunAsync([], script, arguments);

    /// <summary>The same, trusting the certificates of a file besides the usual ones.</summary>
    public static Task<string> RunTrustingAsync(string certificates, string script, params string[] arguments) =>
        RunAsync(new Dictionary<string, string?> { ["NODE_EXTRA_CA_CERTS"] = certificates }, script, arguments);

    private static Task<string> RunAsync(Dictionary<string, string?> environment, string script, string[] arguments)
    {
        // Mixpanel's client would send even calls to loopback through a proxy.
        environment["HTTPS_PROXY"] = null;
        environment["HTTP_PROXY"] = null;
        return ChildProcess.RunAsync("node", [script, .. arguments], environment, Folder, Patience, TestContext.Current.CancellationToken);
    }
}
