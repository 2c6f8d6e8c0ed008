using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <seealso href="https://developer.mixpanel.com/reference/lexicon-schemas-api"/>
public sealed partial class MixpanelAppClient
{
    private const string Schemas = "/schemas";

    /// <summary>Lists the schemas of the project. Costs one of 5 calls a minute.</summary>
    /// <param name="entityType">Only those of this kind, <see cref="MixpanelSchema.Event"/> or <see cref="MixpanelSchema.Profile"/>; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The schemas.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<MixpanelSchema>> SchemasAsync(string? entityType = null, CancellationToken cancellationToken = default)
    {
        var results = await ResultsAsync(HttpMethod.Get, Schemas, Schema(entityType, null), null, cancellationToken).ConfigureAwait(false);
        return [.. List(results, "schemas").Select(s => new MixpanelSchema(s.Text("entityType") ?? entityType ?? "", s.Text("name") ?? "", s.Members("schemaJson")))];
    }

    /// <summary>Reads one schema. Costs one of 5 calls a minute.</summary>
    /// <param name="entityType"><see cref="MixpanelSchema.Event"/> or <see cref="MixpanelSchema.Profile"/>.</param>
    /// <param name="name">The event's name, or <c>$user</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The results as Mixpanel gives them: which shape they have is not published.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.NotFound"/> when there is none.</exception>
    public Task<JsonElement> SchemaAsync(string entityType, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(entityType);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return ResultsAsync(HttpMethod.Get, Schemas, Schema(entityType, name), null, cancellationToken);
    }

    /// <summary>Adds schemas and changes those that are there. Owners and admins only; 4,000 events and properties a minute in an organisation.</summary>
    /// <param name="schemas">The schemas.</param>
    /// <param name="truncate">Whether all others are deleted, 3,000 at most.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many were added and deleted.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<(long Added, long Deleted)> UploadSchemasAsync(IReadOnlyCollection<MixpanelSchema> schemas, bool truncate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        var results = await ResultsAsync(
            HttpMethod.Post,
            Schemas,
            Schema(null, null),
            body =>
            {
                body.WriteStartArray("entries");
                foreach (var schema in schemas)
                {
                    body.WriteStartObject();
                    body.WriteString("entityType", schema.EntityType);
                    body.WriteString("name", schema.Name);
                    body.WritePropertyName("schemaJson");
                    schema.Definition.WriteTo(body);
                    body.WriteEndObject();
                }

                body.WriteEndArray();
                body.WriteBoolean("truncate", truncate);
            },
            cancellationToken).ConfigureAwait(false);
        return (results.Long("added") ?? 0, results.Long("deleted") ?? 0);
    }

    /// <summary>Deletes schemas, 3,000 at most. Owners and admins only.</summary>
    /// <param name="entityType">Only those of this kind; null for all.</param>
    /// <param name="name">Only the one of this name; null for all of the kind.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<long> DeleteSchemasAsync(string? entityType, string? name, CancellationToken cancellationToken = default)
    {
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(entityType);
            ArgumentException.ThrowIfNullOrEmpty(name);
        }

        // One schema has a path of its own; all of a kind are named in the call for that kind.
        var results = await ResultsAsync(HttpMethod.Delete, Schemas, Schema(entityType, name), null, cancellationToken).ConfigureAwait(false);
        return results.Long("delete_count") ?? 0;
    }

    private string Schema(string? entityType, string? name) =>
        Project(Schemas + (entityType is null ? "" : "/" + Uri.EscapeDataString(entityType)) + (name is null ? "" : "/" + Uri.EscapeDataString(name)));
}
