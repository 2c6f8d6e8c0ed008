using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>Writes the two answers that Mixpanel's cohort webhook knows, with nothing beside their documented fields.</summary>
/// <seealso href="https://docs.mixpanel.com/docs/cohort-sync/webhooks"/>
public static class CohortWebhookAnswer
{
    /// <summary>The media type of both answers.</summary>
    public const string ContentType = "application/json";

    /// <summary>The most characters of an error's message; the rest is cut.</summary>
    public const int MaxMessageCharacters = 300;

    private static readonly byte[] MembersSuccess = """{"action":"members","status":"success"}"""u8.ToArray();
    private static readonly byte[] AddMembersSuccess = """{"action":"add_members","status":"success"}"""u8.ToArray();
    private static readonly byte[] RemoveMembersSuccess = """{"action":"remove_members","status":"success"}"""u8.ToArray();

    // The answer is read by Mixpanel's server as JSON and never stands in a page, so quotes and letters need no \u form.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The answer to a page that was stored, to be sent with HTTP 200.</summary>
    /// <param name="action">The action of the page.</param>
    /// <returns>The body as UTF-8, the same memory at every call.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="action"/> is none of the three actions.</exception>
    public static ReadOnlyMemory<byte> Success(CohortAction action) => action switch
    {
        CohortAction.Members => MembersSuccess,
        CohortAction.AddMembers => AddMembersSuccess,
        CohortAction.RemoveMembers => RemoveMembersSuccess,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Unknown cohort action."),
    };

    /// <summary>The answer to a page that the parser refused, to be sent with its status code.</summary>
    /// <param name="failure">What the parser said.</param>
    /// <returns>The body as UTF-8.</returns>
    public static ReadOnlyMemory<byte> Failure(CohortWebhookFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return Failure(failure.Action, failure.Message, failure.StatusCode);
    }

    /// <summary>The answer to a page that was not stored, to be sent with HTTP status <paramref name="code"/>.</summary>
    /// <param name="action">The action as received, or null when it could not be read.</param>
    /// <param name="message">
    /// What is wrong and what to do, without people's data: Mixpanel shows it to its users. Longer than
    /// <see cref="MaxMessageCharacters"/> it is cut between two visible characters and ends with an ellipsis.
    /// </param>
    /// <param name="code">The HTTP status of the answer, 400 to 599.</param>
    /// <returns>The body as UTF-8.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="code"/> is not the code of an error.</exception>
    public static ReadOnlyMemory<byte> Failure(string? action, string message, int code)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 599);

        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("action", action is null ? null : WireText.MakeWellFormed(action));
            writer.WriteString("status", "failure");
            writer.WriteStartObject("error");
            writer.WriteString("message", Cut(WireText.MakeWellFormed(message)));
            writer.WriteNumber("code", code);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    private static string Cut(string message)
    {
        if (message.Length <= MaxMessageCharacters)
        {
            return message;
        }

        const string ellipsis = "…";
        var room = MaxMessageCharacters - ellipsis.Length;
        var length = 0;
        while (true)
        {
            var next = StringInfo.GetNextTextElementLength(message, length);
            if (length + next > room)
            {
                break;
            }

            length += next;
        }

        if (length == 0)
        {
            // One letter with hundreds of marks on it: cut between characters instead.
            length = Rune.TryGetRuneAt(message, room - 1, out var last) && last.Utf16SequenceLength == 2 ? room - 1 : room;
        }

        return string.Concat(message.AsSpan(0, length), ellipsis);
    }
}
