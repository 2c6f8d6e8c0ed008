using System.Globalization;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Projects;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Durability;

/// <summary>Takes pages into a store, alone and many at one time, and says <c>acknowledged N</c> after each answer.</summary>
internal static class AcknowledgingProgram
{
    public const string Mode = "--acknowledge";
    public const int Alone = 20;
    public const int Rounds = 5;
    public const int Together = 8;

    private const string Project = "default";

    public static async Task<int> RunAsync(string file, bool durable)
    {
        await using var store = await Store.OpenSqliteAsync(file, TimeProvider.System, CancellationToken.None, durable);
        await store.Projects.PutAsync(new StoredProject(Project, "access", [1]), CancellationToken.None);
        var sync = new Sync(page => store.Intake.ApplyAsync(page, CancellationToken.None), Project, "7", "s1", CohortAction.AddMembers);
        await using var output = Console.OpenStandardOutput();
        var number = 0;
        for (var i = 0; i < Alone; i++)
        {
            await sync.SendAsync(++number, 1_000, $"u-{number}");
            Acknowledge(output, number);
        }

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => sync.SendAsync(++number, 1_000, $"u-{number}")));
            Acknowledge(output, number);
        }

        return 0;
    }

    /// <summary>One line, one system call.</summary>
    private static void Acknowledge(Stream output, int number)
    {
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"acknowledged {number}\n")));
        output.Flush();
    }
}
