using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.Identity;

namespace Sluice.Tests.Commands;

public sealed class IdentityTests
{
    [Fact]
    public async Task Shows_who_is_who_and_takes_a_claim_back_when_told_so()
    {
        await using var home = await CommandHome.CreateAsync();
        await SayAsync(home, new(IdentityClaimKind.Merge, "ann", "ann-at-work"), new(IdentityClaimKind.Identify, "ann", "no-uuid"));

        var shown = (await home.RunAsync("identity", "show", "ann-at-work", "--format", "json")).Expect(0).Json;
        Assert.Equal(["ann", "ann-at-work"], Ids(shown.GetProperty("person")));
        var claims = shown.GetProperty("claims").EnumerateArray().ToDictionary(c => c.GetProperty("kind").GetString()!);
        Assert.Equal("followed", claims["merge"].GetProperty("state").GetString());
        Assert.Equal(IdentityRefusal.NotAnonymous, claims["identify"].GetProperty("reason").GetString());
        var text = (await home.RunAsync("identity", "show", "ann")).Expect(0).Output;
        Assert.StartsWith("ann speaks for 2 ids\n  ann\n  ann-at-work\n", text, StringComparison.Ordinal);
        var claim = claims["merge"].GetProperty("claim").GetString()!;
        Assert.Contains(claim, text, StringComparison.Ordinal);

        var preview = (await home.RunAsync("identity", "undo", claim, "--format", "json")).Expect(0);
        Assert.False(preview.Json.GetProperty("done").GetBoolean());
        Assert.Equal([["ann"], ["ann-at-work"]], preview.Json.GetProperty("people").EnumerateArray().Select(Ids));
        Assert.Contains("--yes", preview.Error, StringComparison.Ordinal);
        Assert.Equal(2, Ids((await home.RunAsync("identity", "show", "ann", "--format", "json")).Expect(0).Json.GetProperty("person")).Count);

        Assert.Contains("ann-at-work", (await home.RunAsync("identity", "undo", claim, "--yes")).Expect(0).Output, StringComparison.Ordinal);
        shown = (await home.RunAsync("identity", "show", "ann-at-work", "--format", "json")).Expect(0).Json;
        Assert.Equal(["ann-at-work"], Ids(shown.GetProperty("person")));
        Assert.Equal("undone", Assert.Single(shown.GetProperty("claims").EnumerateArray()).GetProperty("state").GetString());
        (await home.RunAsync("identity", "undo", claim, "--yes")).Expect(3);
    }

    [Fact]
    public async Task Says_when_nothing_is_known()
    {
        await using var home = await CommandHome.CreateAsync();
        await SayAsync(home);

        Assert.Contains("a person of its own", (await home.RunAsync("identity", "show", "bob")).Expect(3).Error, StringComparison.Ordinal);
        (await home.RunAsync("identity", "undo", "no-claim")).Expect(3);
    }

    [Fact]
    public async Task A_claim_that_others_stand_in_for_splits_nobody()
    {
        await using var home = await CommandHome.CreateAsync();
        await SayAsync(home, new(IdentityClaimKind.Merge, "ann", "bo"), new(IdentityClaimKind.Merge, "bo", "ann"));
        var shown = (await home.RunAsync("identity", "show", "bo", "--format", "json")).Expect(0).Json;

        var ran = (await home.RunAsync("identity", "undo", shown.GetProperty("claims")[0].GetProperty("claim").GetString()!)).Expect(0);

        Assert.Contains("nobody comes apart", ran.Error, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Ids(JsonElement person) => [.. person.GetProperty("ids").EnumerateArray().Select(i => i.GetString()!)];

    private static Task SayAsync(CommandHome home, params IdentityClaim[] claims) => home.WithStoreAsync(store => store.Events.AppendAsync(
        new EventBatch(CommandHome.Project, Origin.Received, IdentityMode.Original, [new EventRecord("e", 1, "ann", null, "{}"u8.ToArray())], claims),
        CommandHome.Token));
}
