using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Mixpanel;

internal enum Verdict
{
    /// <summary>Go on.</summary>
    Success,

    /// <summary>Try again.</summary>
    Transient,

    /// <summary>Pause the sync.</summary>
    Permanent,
}

/// <summary>What an answer means for the sync, and where it departs from the contract.</summary>
internal sealed record Judgement(Verdict Verdict, string? Error, IReadOnlyList<string> Violations);

/// <summary>
/// Reads an answer as Mixpanel does: 200 with a success body goes on; 400, 401, 403 and 404 pause; all else is transient. What Mixpanel
/// does with 200 and a failure body, with
/// other 4xx and with 3xx is not documented; here they are transient too.
/// </summary>
internal static class AnswerJudge
{
    private const int MaxErrorText = 500;

    public static Judgement Judge(int status, string? mediaType, ReadOnlyMemory<byte> body, SyncAction action)
    {
        var violations = new List<string>();
        if (!string.Equals(mediaType, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            violations.Add($"the content type is {mediaType ?? "missing"} and not application/json");
        }

        var (saysSuccess, message) = ReadBody(body, status, action.WireName, violations);
        switch (status)
        {
            case 200 when saysSuccess == true:
                return new Judgement(Verdict.Success, null, violations);
            case 200 when saysSuccess == false:
                violations.Add("status 200 came with a failure body");
                break;
            case >= 201 and < 300:
                violations.Add(string.Create(CultureInfo.InvariantCulture, $"status {status} is not 200"));
                break;
        }

        if (status >= 300 && saysSuccess == true)
        {
            violations.Add(string.Create(CultureInfo.InvariantCulture, $"status {status} came with a success body"));
        }

        var verdict = status is 400 or 401 or 403 or 404 ? Verdict.Permanent : Verdict.Transient;
        return new Judgement(verdict, message ?? string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}"), violations);
    }

    private static (bool? SaysSuccess, string? Message) ReadBody(
        ReadOnlyMemory<byte> body, int status, string action, List<string> violations)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            violations.Add(body.IsEmpty ? "the body is empty" : "the body is not JSON");
            return (null, null);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                violations.Add("the body is not a JSON object");
                return (null, null);
            }

            bool? saysSuccess = TextOf(root, "status") switch
            {
                "success" => true,
                "failure" => false,
                _ => null,
            };
            if (saysSuccess is null)
            {
                violations.Add("status is neither success nor failure");
            }

            CheckAction(root, action, saysSuccess, violations);
            CheckKeys(root, saysSuccess == false ? ["action", "status", "error"] : ["action", "status"], "the body", violations);
            return (saysSuccess, saysSuccess == false ? CheckError(root, status, violations) : null);
        }
    }

    private static void CheckAction(JsonElement root, string action, bool? saysSuccess, List<string> violations)
    {
        // A receiver that turned the call away before it read the body cannot know the action and says null.
        if (root.TryGetProperty("action", out var echoed)
            && !(echoed.ValueKind == JsonValueKind.String && echoed.ValueEquals(action))
            && !(echoed.ValueKind == JsonValueKind.Null && saysSuccess == false))
        {
            violations.Add($"the action is not the {action} of the call");
        }
    }

    private static string? CheckError(JsonElement root, int status, List<string> violations)
    {
        if (!root.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
        {
            violations.Add("the failure has no error object");
            return null;
        }

        CheckKeys(error, ["message", "code"], "error", violations);
        if (error.TryGetProperty("code", out var code)
            && !(code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number) && number == status))
        {
            violations.Add(string.Create(CultureInfo.InvariantCulture, $"error.code is {code.GetRawText()} and the HTTP status {status}"));
        }

        var message = TextOf(error, "message");
        if (message is null)
        {
            violations.Add("error.message is not a string");
        }

        return message is { Length: > MaxErrorText } ? message[..MaxErrorText] : message;
    }

    private static void CheckKeys(JsonElement found, string[] expected, string where, List<string> violations)
    {
        var names = found.EnumerateObject().Select(static property => property.Name).ToList();
        if (names.Count != expected.Length || !expected.All(names.Contains))
        {
            violations.Add($"{where} has the keys {string.Join(", ", names)} and not exactly {string.Join(", ", expected)}");
        }
    }

    private static string? TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    extension(SyncAction action)
    {
        /// <summary>The action's name in a body.</summary>
        public string WireName => action switch
        {
            SyncAction.Members => "members",
            SyncAction.AddMembers => "add_members",
            SyncAction.RemoveMembers => "remove_members",
            _ => throw new ArgumentOutOfRangeException(nameof(action)),
        };
    }
}
