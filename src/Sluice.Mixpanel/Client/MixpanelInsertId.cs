using System.Buffers;
using Sluice.Mixpanel.Ingestion;

namespace Sluice.Mixpanel.Client;

/// <summary>What <c>/import</c> takes for an insert id; <c>/track</c> takes others, too.</summary>
public static class MixpanelInsertId
{
    private const int MaxBytes = 36;

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    /// <summary>Whether an id is one.</summary>
    /// <param name="id">The id in UTF-8, without quotes and escapes.</param>
    public static bool IsImportable(ReadOnlySpan<byte> id) =>
        id.Length is > 0 and <= MaxBytes && !id.ContainsAnyExcept(Allowed) && !BadIds.Contains(id);
}
