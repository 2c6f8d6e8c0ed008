using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;

namespace Sluice.Core.Erasure;

/// <summary>Writes everything that is known of some people as one JSON object, events and all. It holds no more than an event at a time.</summary>
public sealed class PersonalDataFile(IPersonalData data, IEventLog log, TimeProvider time)
{
    private const int FlushBytes = 64 * 1024;

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task WriteAsync(string project, IReadOnlyList<string> distinctIds, Stream stream, CancellationToken cancellationToken)
    {
        await using var writer = new Utf8JsonWriter(stream, Options);
        writer.WriteStartObject();
        writer.WriteString("project", project);
        writer.WriteString("generated_at", time.GetUtcNow());
        writer.WriteStartArray("people");
        var ids = new Dictionary<PersonKey, string>();
        await foreach (var record in data.ReadAsync(project, distinctIds, cancellationToken))
        {
            foreach (var known in record.Ids)
            {
                ids[known.Key] = known.DistinctId;
            }

            WritePerson(writer, record);
            await writer.FlushAsync(cancellationToken);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("events");
        await foreach (var one in PersonEvents.ReadAsync(log, project, ids.Keys.ToHashSet(), cancellationToken))
        {
            WriteEvent(writer, one, ids);
            if (writer.BytesPending > FlushBytes)
            {
                await writer.FlushAsync(cancellationToken);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
    }

    private static void WriteEvent(Utf8JsonWriter writer, LoggedEvent one, Dictionary<PersonKey, string> ids)
    {
        writer.WriteStartObject();
        writer.WriteString("event", one.Name);
        writer.WriteString("time", DateTimeOffset.FromUnixTimeMilliseconds(one.Time));
        writer.WriteString("distinct_id", ids[one.Person]);
        writer.WritePropertyName("properties");
        writer.WriteRawValue(one.Properties, skipInputValidation: true);
        writer.WriteEndObject();
    }

    private static void WritePerson(Utf8JsonWriter writer, PersonalRecord record)
    {
        writer.WriteStartObject();
        Array(writer, "distinct_ids", record.Ids, id => writer.WriteStringValue(id.DistinctId));
        Objects(writer, "profiles", record.Profiles, profile =>
        {
            writer.WriteString("distinct_id", profile.DistinctId);
            writer.WriteString("first_seen", profile.FirstSeen);
            writer.WriteString("updated_at", profile.UpdatedAt);
            writer.WritePropertyName("properties");
            writer.WriteRawValue(profile.Properties);
        });
        Objects(writer, "user_groups", record.UserGroups, stay =>
        {
            writer.WriteString("cohort_id", stay.Cohort);
            writer.WriteString("entered_at", stay.EnteredAt);
            Time(writer, "left_at", stay.LeftAt);
        });
        Objects(writer, "identity_claims", record.Claims, claim =>
        {
            writer.WriteString("kind", claim.Kind switch
            {
                IdentityClaimKind.Device => "device",
                IdentityClaimKind.Identify => "identify",
                IdentityClaimKind.Alias => "alias",
                _ => "merge",
            });
            writer.WriteString("id", claim.Id);
            writer.WriteString("other_id", claim.Other);
            writer.WriteString("state", claim.State);
            writer.WriteString("at", claim.At);
        });
        Objects(writer, "suppressions", record.Suppressions, entry =>
        {
            writer.WriteString("email", entry.Email);
            writer.WriteString("phone", entry.Phone);
            writer.WriteNumber("list", entry.List);
            writer.WriteString("reason", entry.Reason);
            writer.WriteString("source", entry.Source);
            writer.WriteString("at", entry.At);
        });
        Objects(writer, "contacts", record.Contacts, contact =>
        {
            writer.WriteString("destination", contact.Destination);
            writer.WriteString("distinct_id", contact.DistinctId);
            Number(writer, "id", contact.RemoteId);
            writer.WriteString("email", contact.Email);
            writer.WriteString("updated_at", contact.UpdatedAt);
        });
        Objects(writer, "lists", record.Lists, member =>
        {
            writer.WriteString("destination", member.Destination);
            writer.WriteNumber("list", member.List);
            writer.WriteString("name", member.Name);
            writer.WriteString("since", member.Since);
        });
        Objects(writer, "dead_letters", record.DeadLetters, letter =>
        {
            writer.WriteString("origin", letter.Origin);
            writer.WriteString("reason", letter.Reason);
            writer.WriteString("payload", letter.Payload);
            writer.WriteString("at", letter.CreatedAt);
        });
        writer.WriteEndObject();
    }

    private static void Objects<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> items, Action<T> write) => Array(writer, name, items, item =>
    {
        writer.WriteStartObject();
        write(item);
        writer.WriteEndObject();
    });

    private static void Array<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        writer.WriteEndArray();
    }

    private static void Time(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteString(name, known);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void Number(Utf8JsonWriter writer, string name, long? number)
    {
        if (number is { } known)
        {
            writer.WriteNumber(name, known);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
