using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Commands.Output;

namespace Sluice.Commands.Profiles;

/// <param name="DistinctIds">The first one speaks for all.</param>
/// <param name="Events">How many there are, under all ids.</param>
/// <param name="LastEvents">The newest in the order of arrival, newest first.</param>
internal sealed record PersonAnswer(
    string Project,
    IReadOnlyList<string> DistinctIds,
    IReadOnlyList<KeptProfileAnswer> Profiles,
    IReadOnlyList<GroupStayAnswer> UserGroups,
    IReadOnlyList<SuppressionAnswer> Suppressions,
    IReadOnlyList<KeptContactAnswer> Contacts,
    IReadOnlyList<KeptListAnswer> Lists,
    int IdentityClaims,
    int DeadLetters,
    long Events,
    IReadOnlyList<EventAnswer> LastEvents);

internal sealed record KeptProfileAnswer(string DistinctId, DateTimeOffset FirstSeen, DateTimeOffset UpdatedAt, JsonElement Properties);

internal sealed record KeptContactAnswer(string Destination, string DistinctId, long? Id, string? Email, string State);

internal sealed record KeptListAnswer(string Destination, long ListId, string? Name, string State, DateTimeOffset Since);

/// <param name="Erased">How much was deleted, by kind.</param>
/// <param name="Mixpanel">What Mixpanel said of its own deletion; null when it was not told.</param>
internal sealed record ErasureAnswer(
    string Project, string Erasure, string Status, IReadOnlyDictionary<string, long> Erased, string? Mixpanel, DateTimeOffset RequestedAt, DateTimeOffset? EndedAt);

internal sealed record TokenAnswer(string Project, string Token);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PersonAnswer))]
[JsonSerializable(typeof(ErasureAnswer))]
[JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class ProfilesJson : JsonSerializerContext
{
    private static ProfilesJson? _readable;

    /// <summary>Writes people's names as they are: the output is for files and programs, not for a page.</summary>
    public static ProfilesJson Readable => _readable ??= new ProfilesJson(new JsonSerializerOptions(Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    });
}
