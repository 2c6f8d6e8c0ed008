using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the list <c>lookups</c>.</summary>
internal static class LookupsBinder
{
    // What a person is contacted by is always their own.
    private static readonly string[] Addresses = ["$email", "$phone"];

    public static IReadOnlyList<LookupSettings> Bind(BlockReader block, ReadContext context)
    {
        var lookups = new List<LookupSettings>();
        foreach (var entry in block.Get(LookupKeys.Lookups) ?? [])
        {
            var table = entry.Read(LookupKeys.Table);
            var join = entry.Read(LookupKeys.Join);
            var columns = entry.Read(LookupKeys.Columns);
            var use = entry.Get(LookupKeys.For);
            var named = columns.IsValid ? NamesOf(entry, columns.Content, context) : [];
            if (table.IsValid && join.IsValid && named.Count > 0)
            {
                lookups.Add(new LookupSettings(table.Content, join.Content, named, use != LookupUse.Profiles, use != LookupUse.Events));
            }
        }

        return lookups;
    }

    private static List<(string Column, string Property)> NamesOf(BlockReader entry, IReadOnlyList<MapEntry<string>> columns, ReadContext context)
    {
        if (columns.Count == 0)
        {
            context.Problem(entry.PlaceOf(LookupKeys.Columns), "is empty", LookupKeys.Columns.Shape.Remedy);
        }

        var names = new List<(string Column, string Property)>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (column, _, place, value) in columns.Where(c => c.Value.IsValid))
        {
            if (Addresses.Contains(value.Content, StringComparer.Ordinal))
            {
                context.Problem(place, $"adds {value.Content}, which only a person's own profile gives", "name another property");
            }
            else if (!taken.Add(value.Content))
            {
                context.Problem(place, $"adds {Shown.Quoted(value.Content)} twice", "name each property once");
            }
            else
            {
                names.Add((column, value.Content));
            }
        }

        return names;
    }
}
