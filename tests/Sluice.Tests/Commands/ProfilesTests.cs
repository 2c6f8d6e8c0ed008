using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Commands;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Testing;

namespace Sluice.Tests.Commands;

public sealed class ProfilesTests
{
    [Fact]
    public async Task Says_all_that_is_known_of_a_person_and_writes_it_into_a_file()
    {
        await using var home = await CommandHome.CreateAsync();
        await FillAsync(home);
        var text = (await home.RunAsync("profiles", "get", "$device:d-1")).Expect(ExitCode.Ok).Output;
        Assert.Contains("Person u01", text, StringComparison.Ordinal);
        Assert.Contains("Ids              u01, $device:d-1", text, StringComparison.Ordinal);
        Assert.Contains("u01@shop.test", text, StringComparison.Ordinal);
        Assert.Contains("Engaged users", text, StringComparison.Ordinal);

        using var folder = new TempFolder();
        var file = folder.Combine("u01.json");
        var person = (await home.RunAsync("profiles", "get", "u01", "--format", "json", "--export", file)).Expect(ExitCode.Ok).Json;
        Assert.Equal(12, person.GetProperty("events").GetInt64());
        Assert.Equal(10, person.GetProperty("lastEvents").GetArrayLength());
        Assert.Equal("Step 12", person.GetProperty("lastEvents")[0].GetProperty("event").GetString());
        using var all = JsonDocument.Parse(await File.ReadAllBytesAsync(file, CommandHome.Token));
        Assert.Equal(12, all.RootElement.GetProperty("events").GetArrayLength());
        Assert.DoesNotContain("u02", all.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_known_under_an_id_that_never_came()
    {
        await using var home = await CommandHome.CreateAsync();
        await FillAsync(home);
        Assert.Contains("Nothing is known of 'U01'", (await home.RunAsync("profiles", "get", "U01")).Expect(ExitCode.NotFound).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erases_a_person_and_says_what_was_deleted_where()
    {
        await using var home = await CommandHome.CreateAsync(new FastTime(60));
        await FillAsync(home);
        Assert.Contains("Nothing was done", (await home.RunAsync("profiles", "delete", "u01")).Expect(ExitCode.Ok).Error, StringComparison.Ordinal);
        (await home.RunAsync("profiles", "get", "u01")).Expect(ExitCode.Ok);

        var erased = (await home.RunAsync("profiles", "delete", "u01", "--yes", "--format", "json")).Expect(ExitCode.Ok);
        var counts = erased.Json.GetProperty("erased");
        Assert.Equal("SUCCESS", erased.Json.GetProperty("status").GetString());
        Assert.Equal((12, 1), (counts.GetProperty("events").GetInt64(), counts.GetProperty("profiles").GetInt64()));
        Assert.NotEmpty(erased.Error);
        (await home.RunAsync("profiles", "get", "u01")).Expect(ExitCode.NotFound);
        (await home.RunAsync("profiles", "get", "u02")).Expect(ExitCode.Ok);
    }

    [Fact]
    public async Task The_bearer_is_the_same_until_the_secret_key_changes()
    {
        await using var home = await CommandHome.CreateAsync();
        await FillAsync(home);
        var token = (await home.RunAsync("profiles", "token")).Expect(ExitCode.Ok).Output.Trim();
        Assert.Equal(48, token.Length);
        Assert.Equal(token, (await home.RunAsync("profiles", "token", "--format", "json")).Expect(ExitCode.Ok).Json.GetProperty("token").GetString());
        await home.WithStoreAsync(store => store.Projects.PutAsync(new Core.Projects.StoredProject(CommandHome.Project, "access-key-of-the-shop", [9]), CommandHome.Token));
        Assert.NotEqual(token, (await home.RunAsync("profiles", "token")).Expect(ExitCode.Ok).Output.Trim());
    }

    private static async Task FillAsync(CommandHome home)
    {
        await home.SendAsync(CommandHome.People(2));
        await home.WithStoreAsync(store => store.Events.AppendAsync(
            new EventBatch(
                CommandHome.Project, Origin.Received, IdentityMode.Simplified,
                [.. Enumerable.Range(1, 12).Select(i => Event(i, i % 2 == 0 ? "u01" : "$device:d-1")), Event(13, "u02")],
                [new IdentityClaim(IdentityClaimKind.Device, "u01", "$device:d-1")]),
            CommandHome.Token));
    }

    private static EventRecord Event(int number, string id) => new(
        string.Create(CultureInfo.InvariantCulture, $"Step {number}"), 1_790_000_000_000 + number, id, string.Create(CultureInfo.InvariantCulture, $"i{number}"),
        Encoding.UTF8.GetBytes("""{"at":"shop"}"""));
}
