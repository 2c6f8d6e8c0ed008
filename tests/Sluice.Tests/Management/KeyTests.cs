using System.Net;
using Sluice.Core.Management;
using Sluice.Core.Projects;

namespace Sluice.Tests.Management;

public sealed class KeyTests
{
    [Fact]
    public async Task A_rotation_has_two_live_keys_and_ends_with_the_new_one()
    {
        await using var world = await ManagedWorld.StartAsync();
        var made = await world.PostAsync("keys");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var second = (Access: made.Json.GetProperty("accessKey").GetString()!, Secret: made.Json.GetProperty("secretKey").GetString()!);
        var id = made.Json.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Get, "project", null, second)).Status);
        Assert.Equal(HttpStatusCode.OK, (await world.GetAsync("project")).Status);
        var third = await world.PostAsync("keys");
        Assert.Equal((HttpStatusCode.Conflict, "two-keys"), (third.Status, third.Code));
        Assert.DoesNotContain(second.Secret, (await world.GetAsync("keys")).Body, StringComparison.Ordinal);

        // Live keys outlive a restart; the file's own is ended by the file alone.
        await world.StopNodeAsync();
        await world.StartNodeAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Get, "project", null, second)).Status);
        var declared = (await world.GetAsync("keys")).Json.GetProperty("items").EnumerateArray().Single(k => k.GetProperty("declared").GetBoolean()).GetProperty("id").GetString();
        Assert.Equal("declared-in-config", (await world.DeleteAsync($"keys/{declared}")).Code);

        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync($"keys/{id}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Get, "project", null, second)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await world.DeleteAsync($"keys/{id}")).Status);
    }

    [Fact]
    public async Task A_key_that_was_made_is_told_even_when_the_node_cannot_follow()
    {
        await using var world = await ManagedWorld.StartAsync();
        var hasher = new SecretHasher(new byte[32]);
        var directory = new ProjectDirectory(
            [new Project("shop", ManagedWorld.Shop.Access, RemoteProject: null, TimeZoneInfo.Utc)],
            [new ProjectCredentials("shop", ManagedWorld.Shop.Access, [hasher.Hash("shop", ManagedWorld.Shop.Secret)])], hasher, TimeProvider.System);
        var reported = new List<Exception>();
        var desk = new KeyDesk(world.Node.Store.ProjectKeys, directory, hasher, _ => null, _ => throw new IOException("the store is away"), reported.Add);

        var made = await desk.MakeAsync("shop", ManagedWorld.Token);
        Assert.NotNull(made);
        Assert.Contains(made.Key.Id, (await desk.ListAsync("shop", ManagedWorld.Token)).Select(k => k.Id));
        Assert.Equal(KeyRevocation.Revoked, await desk.RevokeAsync("shop", made.Key.Id, ManagedWorld.Token));
        Assert.Equal(2, reported.Count);
    }
}
