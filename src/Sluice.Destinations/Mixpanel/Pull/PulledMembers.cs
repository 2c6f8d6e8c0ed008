using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sluice.Core.Pull;
using Sluice.Mixpanel.Client;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>
/// Writes people down as Mixpanel's webhook sends them and has the webhook's reader read them: so one and the same member, good or bad, is
/// the same however it came.
/// </summary>
internal static class PulledMembers
{
    // An answer to a query may be larger than what is let in from outside, and as deep as the client reads: a value that is nested too deep is then
    // its member's fault, and not the page's.
    private static readonly CohortWebhookParser Parser = new(new CohortWebhookParserOptions { MaxBodyBytes = 512L * 1024 * 1024, MaxDepth = 300 });

    public static async Task<CohortWebhookPage> ReadAsync(string remoteProject, RemoteCohort cohort, IReadOnlyList<MixpanelProfile> people, IReadOnlyList<JsonElement> unusable)
    {
        var body = new ArrayBufferWriter<byte>(64 * 1024);
        Write(body, remoteProject, cohort, people, unusable);
        using var stream = new MemoryStream(body.WrittenSpan.ToArray(), writable: false);
        return await Parser.ParseAsync(stream, CancellationToken.None) switch
        {
            CohortWebhookPage page => page,
            CohortWebhookFailure failure => throw new MixpanelSourceException(
                $"The people of cohort {cohort.Id} cannot be read: {failure.Message}") { Problem = SourceProblem.BadQuestion },
            var other => throw new InvalidOperationException($"A page cannot be a {other.GetType().Name}."),
        };
    }

    /// <summary>A value without white space around its parts.</summary>
    public static ReadOnlyMemory<byte> Compact(JsonElement value) => JsonSerializer.SerializeToUtf8Bytes(value, ElementContext.Default.JsonElement);

    private static void Write(ArrayBufferWriter<byte> body, string remoteProject, RemoteCohort cohort, IReadOnlyList<MixpanelProfile> people, IReadOnlyList<JsonElement> unusable)
    {
        using var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("action", "members");
        json.WriteStartObject("parameters");
        json.WriteString("mixpanel_project_id", remoteProject.Length == 0 ? "-" : remoteProject);
        json.WriteString("mixpanel_cohort_id", cohort.Id);
        json.WriteString("mixpanel_cohort_name", cohort.Name.Length == 0 ? cohort.Id : cohort.Name);
        if (cohort.Description is { } description)
        {
            json.WriteString("mixpanel_cohort_description", description);
        }

        json.WriteString("mixpanel_session_id", "-");
        json.WriteStartArray("members");
        foreach (var person in people)
        {
            json.WriteRawValue(Member(person), skipInputValidation: true);
        }

        foreach (var row in unusable)
        {
            json.WriteRawValue(JsonMarshal.GetRawUtf8Value(row), skipInputValidation: true);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The properties as they came, whatever they hold: the reader judges them.</summary>
    private static byte[] Member(MixpanelProfile person)
    {
        // Last, for of two equal keys the last one counts: a property can have any name.
        var id = Encoding.UTF8.GetBytes($"\"mixpanel_distinct_id\":\"{JsonEncodedText.Encode(person.DistinctId)}\"}}");
        if (person.Properties.ValueKind != JsonValueKind.Object || person.Properties.GetPropertyCount() == 0)
        {
            return [.. "{"u8, .. id];
        }

        return [.. JsonMarshal.GetRawUtf8Value(person.Properties)[..^1], .. ","u8, .. id];
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonElement))]
internal sealed partial class ElementContext : System.Text.Json.Serialization.JsonSerializerContext;
