using System.Buffers;
using System.Text;
using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Mixpanel.Ingestion.Profiles;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>Writes the answers of <c>/track</c>, <c>/engage</c> and <c>/groups</c>. Except for a denial the HTTP status is always 200.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/track-event"/>
public static class TrackAnswer
{
    private const int MaxCallbackCharacters = 256;

    private static readonly SearchValues<char> CallbackCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.");

    // GIF89a, one pixel, two colours of which the first is transparent.
    private static readonly byte[] Pixel = Convert.FromHexString(
        "474946383961" + "01000100800000" + "000000FFFFFF" + "21F90401000000002C" + "000000000100010000" + "0202440100" + "3B");

    /// <summary>The answer to a body of which the accepted events are stored.</summary>
    public static IngestionAnswer Of(EventBatch batch, TrackAnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Of(batch.Received, batch.Failed, form);
    }

    /// <summary>The answer to a body of which the accepted updates are stored.</summary>
    public static IngestionAnswer Of<TUpdate>(UpdateBatch<TUpdate> batch, TrackAnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Of(batch.Received, batch.Failed, form);
    }

    /// <summary>The answer to a body that was refused as a whole.</summary>
    public static IngestionAnswer Of(BodyFailure failure, TrackAnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return Write(false, failure.Message, form);
    }

    /// <summary>Success, or a failure in words.</summary>
    public static IngestionAnswer Write(bool isSuccess, string error, TrackAnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(form);
        return Write(isSuccess, error, [], null, form);
    }

    /// <summary>The answer to a client that may not do this.</summary>
    /// <param name="statusCode">401, 403 or, when it should come again later, 429 or 503.</param>
    /// <param name="error">Why.</param>
    public static IngestionAnswer Denied(int statusCode, string error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new IngestionAnswer(statusCode, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteString("status", "error");
            writer.WriteString("error", WireText.MakeWellFormed(error));
        }));
    }

    /// <summary>The answer to a body of which all but the failed records are stored.</summary>
    /// <param name="received">How many records it had.</param>
    public static IngestionAnswer Of(int received, IReadOnlyList<FailedRecord> failed, TrackAnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(form);
        var good = received - failed.Count;
        var error = failed.Count > 0 && (good == 0 || form.IsStrict) ? failed[0].Message : "";
        return Write(good > 0, error, failed, good, form);
    }

    private static IngestionAnswer Write(
        bool isSuccess, string error, IReadOnlyList<FailedRecord> failed, int? good, TrackAnswerForm form)
    {
        if (form.IsImage)
        {
            return new IngestionAnswer(200, "image/gif", Pixel);
        }

        var callback = IsFunctionName(form.Callback) ? form.Callback : null;
        var isJson = form.IsVerbose || form.IsStrict;
        var result = isJson
            ? AnswerJson.Write(writer =>
            {
                writer.WriteNumber("status", isSuccess ? 1 : 0);
                writer.WriteString("error", WireText.MakeWellFormed(error));
                if (form.IsStrict && good is not null)
                {
                    writer.WriteNumber("num_good_events", good.Value);
                    AnswerJson.WriteFailed(writer, failed, ofEvents: false);
                }
            }, forScript: callback is not null)
            : isSuccess ? "1"u8.ToArray() : "0"u8.ToArray();
        if (callback is not null)
        {
            var script = Encoding.UTF8.GetBytes($"{callback}({Encoding.UTF8.GetString(result.Span)});");
            return new IngestionAnswer(200, "text/javascript", script);
        }

        return new IngestionAnswer(200, isJson ? AnswerJson.ContentType : "text/plain", result);
    }

    /// <summary>Only names, so that nobody can make this page's answer run a script of theirs.</summary>
    private static bool IsFunctionName(string? callback) =>
        callback is { Length: > 0 and <= MaxCallbackCharacters } && !callback.AsSpan().ContainsAnyExcept(CallbackCharacters);
}
