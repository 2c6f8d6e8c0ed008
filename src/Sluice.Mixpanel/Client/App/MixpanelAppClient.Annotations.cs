using System.Globalization;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <seealso href="https://developer.mixpanel.com/reference/overview-1"/>
public sealed partial class MixpanelAppClient
{
    private const string Annotations = "/annotations";

    /// <summary>Lists the annotations of some days.</summary>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The annotations.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<MixpanelAnnotation>> AnnotationsAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var path = Project(Annotations) + new Parameters().Add("fromDate", from).Add("toDate", to).ToQuery();
        return [.. List(await ResultsAsync(HttpMethod.Get, Annotations, path, null, cancellationToken).ConfigureAwait(false), "annotations").Select(MixpanelAnnotation.Read)];
    }

    /// <summary>Reads one annotation.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The annotation.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.NotFound"/> when there is none.</exception>
    public async Task<MixpanelAnnotation> AnnotationAsync(long id, CancellationToken cancellationToken = default) =>
        MixpanelAnnotation.Read(await ResultsAsync(HttpMethod.Get, Annotations, Annotation(id), null, cancellationToken).ConfigureAwait(false));

    /// <summary>Writes an annotation. Analysts and above may.</summary>
    /// <param name="date">Its moment, in the project's time zone.</param>
    /// <param name="description">Its text.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The annotation.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<MixpanelAnnotation> CreateAnnotationAsync(
        DateTime date, string description, IReadOnlyCollection<long>? tags = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        void Body(Utf8JsonWriter body)
        {
            body.WriteString("date", date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            Texts(body, description, tags);
        }

        return MixpanelAnnotation.Read(await ResultsAsync(HttpMethod.Post, Annotations, Project(Annotations), Body, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Changes an annotation; its moment stays.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="description">Its new text; null keeps it.</param>
    /// <param name="tags">Its new tags; null keeps them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The annotation.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<MixpanelAnnotation> UpdateAnnotationAsync(
        long id, string? description, IReadOnlyCollection<long>? tags = null, CancellationToken cancellationToken = default) =>
        MixpanelAnnotation.Read(
            await ResultsAsync(HttpMethod.Patch, Annotations, Annotation(id), body => Texts(body, description, tags), cancellationToken).ConfigureAwait(false));

    /// <summary>Deletes an annotation.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is gone.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.NotFound"/> when there is none.</exception>
    public Task DeleteAnnotationAsync(long id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, Annotations, Annotation(id), null, cancellationToken);

    /// <summary>Lists the tags of annotations.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The tags.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<IReadOnlyList<MixpanelTag>> AnnotationTagsAsync(CancellationToken cancellationToken = default) =>
        [.. List(await ResultsAsync(HttpMethod.Get, Annotations, Project(Annotations) + "/tags", null, cancellationToken).ConfigureAwait(false), "tags").Select(MixpanelTag.Read)];

    /// <summary>Makes a tag.</summary>
    /// <param name="name">The word.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The tag.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<MixpanelTag> CreateAnnotationTagAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return MixpanelTag.Read(await ResultsAsync(
            HttpMethod.Post, Annotations, Project(Annotations) + "/tags", body => body.WriteString("name", name), cancellationToken).ConfigureAwait(false));
    }

    private static void Texts(Utf8JsonWriter body, string? description, IReadOnlyCollection<long>? tags)
    {
        if (description is not null)
        {
            body.WriteString("description", description);
        }

        if (tags is not null)
        {
            body.List("tags", tags);
        }
    }

    private string Annotation(long id) => Project($"{Annotations}/{Id(id)}");
}
