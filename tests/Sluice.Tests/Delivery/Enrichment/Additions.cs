using System.Text;
using System.Text.Json;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage;

namespace Sluice.Tests.Delivery.Enrichment;

/// <summary>Says things of people, of groups and of tables as Mixpanel's clients do.</summary>
internal static class Additions
{
    /// <param name="properties">A JSON object: what is set; null in it takes the property away.</param>
    public static Task ProfileAsync(this Store store, string project, string distinctId, string properties) =>
        store.Profiles.ApplyAsync(
            new ProfileUpdates(project, IdentityMode.Simplified, [new ProfileUpdate(0, distinctId, null, false, Operations(properties))]), TestContext.Current.CancellationToken);

    public static Task GroupAsync(this Store store, string project, string key, string id, string properties) =>
        store.Profiles.ApplyAsync(new GroupUpdates(project, [new GroupUpdate(0, key, id, Operations(properties))]), TestContext.Current.CancellationToken);

    public static Task DeleteGroupAsync(this Store store, string project, string key, string id) => store.Profiles.ApplyAsync(
        new GroupUpdates(project, [new GroupUpdate(0, key, id, [new ProfileOperation(ProfileOperationKind.Delete, "", default)])]), TestContext.Current.CancellationToken);

    /// <summary>Replaces a table whole.</summary>
    public static async Task TableAsync(this Store store, string project, string table, params (string Key, string Values)[] rows)
    {
        var load = await store.Lookups.BeginAsync(project, table, TestContext.Current.CancellationToken);
        await store.Lookups.AddAsync(load, [.. rows.Select(r => new LookupRow(r.Key, r.Values))], TestContext.Current.CancellationToken);
        Assert.True(await store.Lookups.FinishAsync(load, ["key"], rows.Length, TestContext.Current.CancellationToken));
    }

    private static List<ProfileOperation> Operations(string properties)
    {
        using var document = JsonDocument.Parse(properties);
        return [.. document.RootElement.EnumerateObject().Select(p => p.Value.ValueKind == JsonValueKind.Null
            ? new ProfileOperation(ProfileOperationKind.Unset, p.Name, default)
            : new ProfileOperation(ProfileOperationKind.Set, p.Name, Encoding.UTF8.GetBytes(p.Value.GetRawText())))];
    }
}
