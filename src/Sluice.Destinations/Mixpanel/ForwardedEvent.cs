using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel;

/// <summary>
/// Writes a logged event as <c>/import</c> takes it: what the client sent, byte for byte, with the time and, where they are missing, the
/// few properties that <c>/import</c> insists on and <c>/track</c> does not.
/// </summary>
internal static class ForwardedEvent
{
    // Switches off that Mixpanel looks up the place that this call comes from.
    private const string NoAddress = "0";

    /// <param name="token">Told where the event says who is who.</param>
    public static ReadOnlyMemory<byte> Write(string project, LoggedEvent logged, string? address, string token)
    {
        var found = Members.Read(logged.Properties);
        var json = new ArrayBufferWriter<byte>(logged.Properties.Length + 256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("event", logged.Name);
            writer.WriteStartObject("properties");
            writer.WriteNumber("time", logged.Time);
            writer.WriteString("ip", address ?? NoAddress);
            var insertId = found.InsertId;
            var isKept = insertId is not null && MixpanelInsertId.IsImportable(Encoding.UTF8.GetBytes(insertId));
            if (!isKept)
            {
                // The same at every try, and for every copy of one event.
                writer.WriteString("$insert_id", insertId is null
                    ? PersonKey.Of(project, FormattableString.Invariant($"{logged.Position.Batch}/{logged.Position.Number}")).ToString()
                    : new PersonKey(EventKeys.OfInsertId(project, insertId)).ToString());
            }

            if (found.DistinctId is null)
            {
                // Nobody's: that has to be said.
                writer.WriteString("distinct_id", "");
            }

            if (MixpanelResponses.IsIdentityEvent(logged.Name))
            {
                Complete(writer, logged.Name, found, token);
            }

            foreach (var (name, value) in found.All)
            {
                if (isKept || !name.ValueEquals("$insert_id"u8))
                {
                    writer.WritePropertyName(name.Text);
                    writer.WriteRawValue(logged.Properties.AsSpan()[value], skipInputValidation: true);
                }
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }

    /// <summary>The browser's script says who is who in words of its own, which <c>/import</c> does not know.</summary>
    private static void Complete(Utf8JsonWriter writer, string name, Members found, string token)
    {
        writer.WriteString("token", token);
        if (name == "$identify" && found.IdentifiedId is null && found.DistinctId is { } id)
        {
            writer.WriteString("$identified_id", id);
        }

        if (name == "$identify" && found.AnonId is null && found.AnonDistinctId is { } anonymous)
        {
            writer.WriteString("$anon_id", anonymous);
        }
    }

    private readonly record struct MemberName(JsonEncodedText Text)
    {
        public bool ValueEquals(ReadOnlySpan<byte> name) => Text.EncodedUtf8Bytes.SequenceEqual(name);
    }

    /// <summary>The properties as they lie there.</summary>
    private sealed class Members
    {
        public List<(MemberName Name, Range Value)> All { get; } = [];

        public string? DistinctId { get; private set; }

        public string? InsertId { get; private set; }

        public string? IdentifiedId { get; private set; }

        public string? AnonId { get; private set; }

        public string? AnonDistinctId { get; private set; }

        public static Members Read(byte[] properties)
        {
            var members = new Members();
            var reader = new Utf8JsonReader(properties);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                var text = reader.TokenType == JsonTokenType.String && IsId(name) ? reader.GetString() : null;
                reader.Skip();
                members.All.Add((new MemberName(JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)), start..(int)reader.BytesConsumed));
                members.Note(name, text);
            }

            return members;
        }

        private static bool IsId(string name) => name is "distinct_id" or "$insert_id" or "$identified_id" or "$anon_id" or "$anon_distinct_id";

        private void Note(string name, string? text)
        {
            switch (name)
            {
                case "distinct_id":
                    DistinctId = text;
                    break;
                case "$insert_id":
                    InsertId = text;
                    break;
                case "$identified_id":
                    IdentifiedId = text;
                    break;
                case "$anon_id":
                    AnonId = text;
                    break;
                case "$anon_distinct_id":
                    AnonDistinctId = text;
                    break;
            }
        }
    }
}
