using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

/// <summary>Bodies that were damaged at random, always the same ones.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1e999", "-",
        "\\u0000", "\\ud800", "\\ude00", "\"members\":[", "\"parameters\":{",
        "\"action\":\"members\"", "\"email\":", "\"$distinct_id\":",
        "\"page_info\":{\"total_pages\":", "{\"mixpanel_distinct_id\":\"z\"}", " \n",
        "\u00E9", "\0", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "0", "9999999999",
    ];

    private static readonly byte[][] Seeds =
    [
        .. new[]
        {
            Pages.WithMembers(),
            Pages.WithMembers("""{"mixpanel_distinct_id":"u-1","email":"a@example.org","x":[1,{"k":" v "}],"n":"\ud83d\ude00"}""", "null"),
            """
            {"action":"remove_members","members":[{"$distinct_id":5}],"parameters":{"mixpanel_project_id":1,"mixpanel_cohort_id":"2",
            "mixpanel_cohort_name":"n\u00e9","mixpanel_session_id":"s","page_info":{"total_pages":"2","page_count":1},
            "members":[{"mixpanel_distinct_id":"a","a":1,"a":2,"phone":"1","$phone":"2"},{"mixpanel_distinct_id":"b","l":[[["x"]]]}]}}
            """,
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_the_body_it_becomes_a_page_or_a_failure(int seed)
    {
        var random = new Random(seed);
        var small = Pages.Options with { InitialWindowBytes = 16 };
        var pages = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var body = Mutate(Seeds[random.Next(Seeds.Length)], random);
            var result = Pages.Parse(body);
            try
            {
                Outcome.MustBeSound(result);
                Assert.Equal(IsJsonObject(body), !IsAboutJson(result));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, case {i}: {Convert.ToBase64String(body)}", exception);
            }

            pages += result is CohortWebhookPage ? 1 : 0;
            Assert.Equal(Outcome.Describe(result), Outcome.Describe(Pages.Parse(new ChunkedStream(body, 1 + random.Next(40)), small)));
        }

        // The damage must leave enough of both, or the test would say little.
        Assert.InRange(pages, 500, 9_500);
    }

    private static bool IsAboutJson(CohortWebhookResult result) => result is CohortWebhookFailure
    {
        Kind: CohortWebhookFailureKind.NotJson or CohortWebhookFailureKind.Truncated or CohortWebhookFailureKind.TooDeep,
    };

    private static bool IsJsonObject(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var body = new List<byte>(seed);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(body.Count + 1);
            var length = Math.Min(random.Next(1, 30), body.Count - at);
            switch (random.Next(7))
            {
                case 0 when at < body.Count:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1 when at < body.Count:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    body.RemoveRange(at, length);
                    break;
                case 3:
                    body.InsertRange(random.Next(body.Count + 1), body.GetRange(at, length));
                    break;
                case 4:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 5:
                    SwapValues(body, random);
                    break;
                case 6 when random.Next(10) == 0:
                    body.RemoveRange(at, body.Count - at);
                    break;
            }
        }

        return [.. body];
    }

    /// <summary>Puts another scalar in the place of one, which mostly leaves the JSON valid and the meaning strange.</summary>
    private static void SwapValues(List<byte> body, Random random)
    {
        var text = Encoding.Latin1.GetString([.. body]);
        var quotes = Enumerable.Range(0, text.Length).Where(i => text[i] == '"').ToList();
        if (quotes.Count < 2)
        {
            return;
        }

        var first = random.Next(quotes.Count - 1);
        string[] values =
        [
            "null", "\"\"", "\"\\u0000\"", "[]", "{}", "1", "\"\u00E9\"", "\"members\"", "\"$email\"", "\"mixpanel_distinct_id\"", "-0.5",
        ];
        body.RemoveRange(quotes[first], quotes[first + 1] - quotes[first] + 1);
        body.InsertRange(quotes[first], Encoding.Latin1.GetBytes(values[random.Next(values.Length)]));
    }
}
