using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>destinations</c>.</summary>
internal static class DestinationsBinder
{
    private const int MostSecrets = 2;

    public static IReadOnlyList<WebhookDestinationSettings> Bind(BlockReader block, ReadContext context)
    {
        var bound = new List<WebhookDestinationSettings>();
        var names = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var entry in block.Get(DestinationKeys.Destinations) ?? [])
        {
            entry.Read(DestinationKeys.Type);
            var name = entry.Get(DestinationKeys.Name);
            var url = entry.Get(DestinationKeys.Url);
            var secrets = entry.Get(DestinationKeys.Secret);
            var events = entry.Get(DestinationKeys.Events);
            var properties = entry.Get(DestinationKeys.Properties) ?? [];
            var rate = entry.Get(DestinationKeys.Rate);
            var batch = entry.Get(DestinationKeys.Batch);
            if (secrets is { Count: > MostSecrets })
            {
                context.Problem(entry.PlaceOf(DestinationKeys.Secret), $"has {secrets.Count} secrets", "give one, or two while one replaces the other");
            }

            if (name is not null && !names.TryAdd(name, entry.PlaceOf(DestinationKeys.Name)))
            {
                context.Problem(entry.PlaceOf(DestinationKeys.Name), $"is the same as {names[name].Path}", "give each destination a name of its own");
            }
            else if (name is not null && url is not null && secrets is not null)
            {
                bound.Add(new WebhookDestinationSettings(
                    name, url, [.. secrets.Select(s => s.Content)], Names(events), [.. properties.Select(p => p.Content).Distinct(StringComparer.Ordinal)], (int)rate, (int)batch));
            }
        }

        return bound;
    }

    private static IReadOnlyList<string>? Names(IReadOnlyList<Placed<string>>? events) =>
        events is null || events.Any(e => e.Content == MappingKeys.Any) ? null : [.. events.Select(e => e.Content).Distinct(StringComparer.Ordinal)];
}
