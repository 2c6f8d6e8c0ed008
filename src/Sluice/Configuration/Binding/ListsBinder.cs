using System.Globalization;
using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads <c>connectors.mixpanel.lists</c>.</summary>
internal static class ListsBinder
{
    private const int LongestName = 255;
    private const string AcceptedKeys = "accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience";

    public static IReadOnlyList<Placed<ListSettings>> Bind(BlockReader mixpanel, ReadContext context)
    {
        var targets = new List<Placed<ListSettings>>();
        foreach (var (name, keyPlace, place, value) in mixpanel.Get(MixpanelKeys.Lists) ?? [])
        {
            var source = SourceOf(name, keyPlace, context);
            if (!value.IsValid)
            {
                continue;
            }

            var list = value.Content.Read(MixpanelKeys.List);
            var mode = value.Content.Read(MixpanelKeys.Mode);
            var maxRemoval = value.Content.Read(MixpanelKeys.MaxRemoval);
            if (source is not null && list.IsValid && mode.State != FoundState.Invalid && maxRemoval.State != FoundState.Invalid)
            {
                var target = new ListSettings(
                    source, list.Content, mode.IsValid ? mode.Content : MixpanelKeys.Mode.Default, maxRemoval.IsValid ? maxRemoval.Content : null);
                targets.Add(new Placed<ListSettings>(target, place));
            }
        }

        return targets;
    }

    /// <summary>A Mixpanel cohort id; null when the text is none.</summary>
    public static long? CohortId(string text) =>
        IntegerShape.IsPlainDecimal(text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : null;

    private static ListSource? SourceOf(string name, Place place, ReadContext context)
    {
        if (name == "all_users")
        {
            return new ListSource.AllUsers();
        }

        if (CohortId(name) is { } cohort)
        {
            return new ListSource.Cohort(cohort);
        }

        // Digits always mean an id, so digits that are none (0, 017, too many) are not taken for a name either.
        var wrong = name.Length == 0 ? "has an empty name"
            : name.All(char.IsAsciiDigit) ? "is not a cohort id"
            : name.Length > LongestName ? $"has a name longer than {LongestName} characters"
            : TextShape.WrongAsText(name) is { } wrongText ? $"has a name that {wrongText}"
            : null;
        if (wrong is null)
        {
            return new ListSource.Named(name);
        }

        context.Problem(place, wrong, AcceptedKeys);
        return null;
    }
}
