using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sluice.Simulators.Tests;

/// <summary>Node and the installed official clients of both vendors. Without them these tests fail: nothing else can stand for them.</summary>
public sealed class OfficialClients : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static string Folder => Path.Combine(Root(), "tests", "Sluice.Simulators.Tests", "official-clients");

    public async ValueTask InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "mixpanel")))
        {
            await StartAsync("npm", null, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs one of the folder's scripts and gives what it printed.</summary>
    public static Task<string> RunAsync(string script, params string[] arguments) => StartAsync("node", null, [script, .. arguments]);

    /// <summary>The same, trusting the certificates of a file besides the usual ones.</summary>
    public static Task<string> RunTrustingAsync(string certificates, string script, params string[] arguments) =>
        StartAsync("node", certificates, [script, .. arguments]);

    private static async Task<string> StartAsync(string program, string? certificates, params string[] arguments)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (program == "node")
        {
            // Mixpanel's client would send even calls to loopback through a proxy.
            start.Environment.Remove("HTTPS_PROXY");
            start.Environment.Remove("HTTP_PROXY");
        }

        if (certificates is not null)
        {
            start.Environment["NODE_EXTRA_CA_CERTS"] = certificates;
        }

        using var process = Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"The program '{start.FileName}' is missing; the official clients need Node 20.", exception);
        }
    }

    // The path of this file helps when the build's output lies elsewhere; a deterministic build does not know it.
    private static string Root()
    {
        foreach (var place in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(ThisFile()) })
        {
            for (var folder = place; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "Sluice.slnx")))
                {
                    return folder;
                }
            }
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
