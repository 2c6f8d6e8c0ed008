using System.Buffers;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// Parses the requests of Mixpanel's custom webhook for cohorts while they arrive. It never holds a whole body: only a
/// window on it, which is as large as the largest member needs, and the members' properties.
/// </summary>
/// <remarks>
/// <para>
/// A page is refused as a whole only for what concerns the page: it is not JSON, is cut off, too large, too deep, or its
/// envelope is wrong, for a refusal with a 4xx status makes Mixpanel pause the whole sync. A member that cannot be used
/// is set aside among <see cref="CohortWebhookPage.Rejected"/>, and the others count.
/// </para>
/// <para>
/// Tolerated: keys in any order, of two equal keys the last one, unknown keys, ids as text or number, page numbers as
/// text, a missing description, a missing <c>page_info</c> (one page), missing or null <c>members</c> (none), members
/// beside the parameters when there are none inside, a byte order mark.
/// </para>
/// <para>One instance may be used by many callers at a time.</para>
/// </remarks>
/// <seealso href="https://docs.mixpanel.com/docs/cohort-sync/webhooks"/>
public sealed class CohortWebhookParser
{
    // Enough to tell a byte order mark, and to hold any token but texts and numbers.
    private const int SmallestWindowBytes = 16;

    private readonly CohortWebhookParserOptions _options;

    /// <summary>Makes a parser.</summary>
    /// <param name="options">What it accepts.</param>
    /// <exception cref="ArgumentException">A limit is not positive, or the identity property has no name.</exception>
    public CohortWebhookParser(CohortWebhookParserOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>Reads a body to its end, or to where it is clear that it will be refused.</summary>
    /// <param name="body">The body, with any content encoding already undone. It is not closed.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>
    /// A <see cref="CohortWebhookPage"/>, which the caller disposes of, or a <see cref="CohortWebhookFailure"/>. Whatever
    /// the body holds, nothing is thrown for it; what <paramref name="body"/> throws passes through.
    /// </returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<CohortWebhookResult> ParseAsync(Stream body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var reader = new PageReader(_options);
        var window = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestWindowBytes, _options.InitialWindowBytes));
        try
        {
            var filled = 0;
            var total = 0L;
            while (true)
            {
                // The window is filled before it is read, so that a body in tiny pieces is not read again for each piece.
                var read = await body.ReadAtLeastAsync(
                    window.AsMemory(filled), window.Length - filled, throwOnEndOfStream: false, cancellationToken);
                var isFirst = total == 0;
                filled += read;
                total += read;
                if (isFirst && window.AsSpan(0, filled).StartsWith("\uFEFF"u8))
                {
                    reader.SkippedBytes = 3;
                }

                var start = isFirst ? reader.SkippedBytes : 0;
                var done = start + reader.Read(window.AsSpan(start, filled - start));
                if (total > _options.MaxBodyBytes)
                {
                    return reader.Fail(CohortWebhookFailureKind.TooLarge, PageProblems.TooLarge(_options.MaxBodyBytes));
                }

                if (reader.Failure is not null || filled < window.Length)
                {
                    return reader.Complete(total);
                }

                window.AsSpan(done, filled - done).CopyTo(window);
                filled -= done;
                window = filled == window.Length ? Grow(window) : window;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private static byte[] Grow(byte[] window)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * window.Length);
        window.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(window);
        return larger;
    }
}
