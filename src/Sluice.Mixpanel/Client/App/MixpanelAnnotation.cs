using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A note at a moment of the reports.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Date">Its moment as Mixpanel writes it, in the project's time zone.</param>
/// <param name="Description">Its text.</param>
/// <param name="Author">Who wrote it; empty when that is not said.</param>
/// <param name="Tags">Its tags.</param>
public sealed record MixpanelAnnotation(long Id, string Date, string Description, string Author, IReadOnlyList<MixpanelTag> Tags)
{
    internal static MixpanelAnnotation Read(JsonElement of)
    {
        var author = of.Members("user");
        return new MixpanelAnnotation(
            of.Long("id") ?? throw MixpanelFailures.Unreadable(200, "an annotation has no id."),
            of.Text("date") ?? "",
            of.Text("description") ?? "",
            $"{author.Text("first_name")} {author.Text("last_name")}".Trim(),
            [.. of.Member("tags").Items().Select(MixpanelTag.Read)]);
    }
}

/// <summary>A word that annotations are sorted by.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">The word.</param>
public sealed record MixpanelTag(long Id, string Name)
{
    internal static MixpanelTag Read(JsonElement of) => new(of.Long("id") ?? throw MixpanelFailures.Unreadable(200, "a tag has no id."), of.Text("name") ?? "");
}
