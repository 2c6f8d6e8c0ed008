using System.Text;

namespace Sluice.Core.Cohorts;

/// <summary>The slug of a cohort's name, by which the config file may name it.</summary>
public static class Slug
{
    /// <summary>Lower case; each run of characters that are neither letters nor digits becomes one underscore, none at the ends.</summary>
    public static string Of(string name)
    {
        var slug = new StringBuilder(name.Length);
        var gap = false;
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.SpacingCombiningMark)
            {
                if (gap && slug.Length > 0)
                {
                    slug.Append('_');
                }

                gap = false;
                slug.Append(Rune.ToLowerInvariant(rune).ToString());
            }
            else
            {
                gap = true;
            }
        }

        return slug.ToString();
    }
}
