using System.Text.Json.Serialization;

namespace Sluice.Storage;

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(long[]))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class StorageJson : JsonSerializerContext;
