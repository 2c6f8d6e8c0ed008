using System.Globalization;
using Sluice.Core.People;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Durability;

/// <summary>
/// What was acknowledged survives a power cut. A kill cannot show that, because the operating system keeps what a killed program has
/// written; so a small program is watched, and its disk is rebuilt from what was synced before each answer.
/// </summary>
public sealed class PowerCutTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_answer_finds_its_page_on_the_disk()
    {
        var lost = await LostAsync(durable: true);

        Assert.Equal(AcknowledgingProgram.Alone + AcknowledgingProgram.Rounds, lost.Count);
        Assert.All(lost, l => Assert.Empty(l.Ids));
    }

    [Fact]
    public async Task Without_the_sync_every_answer_is_a_promise_that_a_power_cut_breaks()
    {
        // The control: were this one green with the check of the test above, that test could not fail.
        var lost = await LostAsync(durable: false);

        Assert.Equal(AcknowledgingProgram.Alone + AcknowledgingProgram.Rounds, lost.Count);
        Assert.All(lost, l => Assert.NotEmpty(l.Ids));
    }

    /// <summary>For each answer: whom the disk of that moment does not know.</summary>
    private static async Task<List<(int Acknowledged, IReadOnlyList<string> Ids)>> LostAsync(bool durable)
    {
        using var folder = new TempFolder();
        var file = folder.Combine("watched", "sluice.db");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var trace = folder.Combine("trace");
        await using (var program = ChildProcess.Start(
            Prerequisite.Program("strace"),
            [
                .. DiskTrace.Options(trace), ChildProcess.DotnetHost(), typeof(PowerCutTests).Assembly.Location,
                AcknowledgingProgram.Mode, file, durable ? bool.TrueString : bool.FalseString,
            ]))
        {
            Assert.Equal(0, await program.WaitForExitAsync(TimeSpan.FromMinutes(5), Token));
        }

        var lost = new List<(int, IReadOnlyList<string>)>();
        const string Answer = "acknowledged ";
        foreach (var (said, files) in new DiskTrace().Play(File.ReadLines(trace), path => path == file || path == file + "-wal", Answer))
        {
            var acknowledged = int.Parse(said.AsSpan(Answer.Length), CultureInfo.InvariantCulture);
            lost.Add((acknowledged, await LostAsync(files, acknowledged)));
        }

        return lost;
    }

    private static async Task<IReadOnlyList<string>> LostAsync(IReadOnlyDictionary<string, byte[]> files, int acknowledged)
    {
        using var folder = new TempFolder();
        foreach (var (path, content) in files)
        {
            await File.WriteAllBytesAsync(folder.Combine(Path.GetFileName(path)), content, Token);
        }

        await using var store = await Store.OpenSqliteAsync(folder.Combine("sluice.db"), TimeProvider.System, Token);
        var found = (await store.Groups.MembersAsync("default", "7", null, 1_000, Token)).Select(m => m.DistinctId).ToHashSet();
        Assert.Equal(found.Count, (await store.Groups.KeysAsync("default", "7", KeyRange.All, Token)).Count);
        return [.. Enumerable.Range(1, acknowledged).Select(i => $"u-{i}").Where(id => !found.Contains(id))];
    }
}
