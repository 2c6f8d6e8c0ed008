using System.Buffers;
using System.Text.Json;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Server.Ingestion;

/// <summary>Writes operations as a client would have sent them.</summary>
internal static class OperationText
{
    public static string Name(PropertyOperationKind kind) => kind switch
    {
        PropertyOperationKind.Set => "$set",
        PropertyOperationKind.SetOnce => "$set_once",
        PropertyOperationKind.Add => "$add",
        PropertyOperationKind.Append => "$append",
        PropertyOperationKind.Union => "$union",
        PropertyOperationKind.Remove => "$remove",
        PropertyOperationKind.Unset => "$unset",
        PropertyOperationKind.Delete => "$delete",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown operation."),
    };

    /// <param name="ids">What the update is about, by the names that clients give them.</param>
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<PropertyOperation> operations, params ReadOnlySpan<(string Name, string Value)> ids)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in ids)
            {
                writer.WriteString(name, value);
            }

            foreach (var kind in operations.GroupBy(o => o.Kind))
            {
                writer.WritePropertyName(Name(kind.Key));
                Write(writer, kind.Key, kind);
            }

            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }

    /// <summary>Writes the operand of operations of one kind.</summary>
    public static void Write(Utf8JsonWriter writer, PropertyOperationKind kind, IEnumerable<PropertyOperation> operations)
    {
        switch (kind)
        {
            case PropertyOperationKind.Delete:
                writer.WriteStringValue("");
                break;
            case PropertyOperationKind.Unset:
                writer.WriteStartArray();
                foreach (var operation in operations)
                {
                    writer.WriteStringValue(operation.Name);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStartObject();
                foreach (var operation in operations)
                {
                    writer.WritePropertyName(operation.Name);
                    writer.WriteRawValue(operation.Value.Span, skipInputValidation: true);
                }

                writer.WriteEndObject();
                break;
        }
    }
}
