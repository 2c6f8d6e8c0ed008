using System.Text.Json;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Mixpanel.Ingestion.Forms;
using Sluice.Mixpanel.Ingestion.Lookups;
using Sluice.Mixpanel.Ingestion.Profiles;
using Sluice.Mixpanel.Tests.Ingestion.Events;

namespace Sluice.Mixpanel.Tests.Ingestion.Answers;

public sealed class AnswerTests
{
    private static readonly TrackAnswerForm Verbose = new() { IsVerbose = true };

    private static readonly string Good = Parsed.ImportEvent("\"token\":\"T\"");

    private const string Bad = """{"event":"e","properties":{"$insert_id":"8a66-\"x\""}}""";

    [Fact]
    public void Import_counts_what_it_took()
    {
        Must(ImportAnswer.Of(Batch($"[{Good},{Good}]"), isStrict: true), 200, """{"code":200,"num_records_imported":2,"status":"OK"}""");
    }

    [Fact]
    public void A_strict_import_names_each_refused_event_with_both_spellings_of_the_insert_id()
    {
        Must(
            ImportAnswer.Of(Batch($"[{Bad},{Good}]"), isStrict: true),
            400,
            """
            {"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":1,
            "failed_records":[{"index":0,"insert_id":"8a66-\"x\"","$insert_id":"8a66-\"x\"","field":"properties.time",
            "message":"'properties.time' is invalid: must not be missing"}]}
            """);
    }

    [Fact]
    public void An_import_that_is_not_strict_hears_nothing_of_them()
    {
        Must(ImportAnswer.Of(Batch($"[{Bad},{Good}]"), isStrict: false), 200, """{"code":200,"num_records_imported":1,"status":"OK"}""");
    }

    [Fact]
    public void Identity_events_are_answered_with_a_list_of_texts()
    {
        Must(
            ImportAnswer.Of(Parsed.FailureOf(Parsed.ImportEvent("", "$merge"), Parsed.Import)),
            400,
            """
            {"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":0,
            "failed_records":["identity events are not allowed when project is using simplified identity management"]}
            """);
    }

    [Fact]
    public void The_other_answers_of_import_are_the_documented_ones()
    {
        Must(ImportAnswer.Unauthorized(), 401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}""");
        Must(
            ImportAnswer.TooLarge(2097152),
            413,
            """{"code":413,"error":"request exceeds max limit of 2097152 bytes","status":"Request Entity Too Large"}""");
        Must(
            ImportAnswer.TooManyRequests(),
            429,
            """{"code":429,"error":"Project exceeded rate limits. Please retry the request with exponential backoff.","status":"Too Many Requests"}""");
        Must(
            ImportAnswer.Unavailable(),
            503,
            """{"code":503,"error":"Service temporarily unavailable. Please retry the request.","status":"Service Unavailable"}""");
        Must(
            ImportAnswer.Of(Parsed.FailureOf("", Parsed.Import)),
            400,
            """{"code":400,"error":"data, missing or empty","status":"Bad Request"}""");
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void Track_says_one_or_nought(bool isSuccess, string expected)
    {
        var answer = TrackAnswer.Write(isSuccess, "why", TrackAnswerForm.Plain);

        Assert.Equal((200, "text/plain", expected), (answer.StatusCode, answer.ContentType, Bodies.Text(answer.Body)));
    }

    [Fact]
    public void Track_in_words_is_JSON()
    {
        Must(TrackAnswer.Write(true, "", Verbose), 200, """{"status":1,"error":""}""");
        Must(TrackAnswer.Of(Parsed.FailureOf("", Parsed.Track), Verbose), 200, """{"status":0,"error":"data, missing or empty"}""");
    }

    [Fact]
    public void One_good_event_is_success()
    {
        var some = Batch($"[{Good},{Bad}]", Parsed.Track);
        var none = Batch($"[{Bad}]", Parsed.Track);

        Assert.Equal("1", Bodies.Text(TrackAnswer.Of(some, TrackAnswerForm.Plain).Body));
        Assert.Equal("0", Bodies.Text(TrackAnswer.Of(none, TrackAnswerForm.Plain).Body));
        Must(TrackAnswer.Of(none, Verbose), 200, """{"status":0,"error":"'properties.token' is invalid: must not be missing"}""");
    }

    [Fact]
    public void Strict_updates_are_reported_one_by_one()
    {
        var body = Bodies.Utf8("""[{"$token":"T","$distinct_id":"u","$set":{}},{"$token":"T"}]""");
        Assert.True(new ProfileUpdateParser().TryParse(body, out var batch, out _));
        using (batch)
        {
            Must(
                TrackAnswer.Of(batch, new TrackAnswerForm { IsStrict = true }),
                200,
                """
                {"status":1,"error":"'$distinct_id' is invalid: must not be missing","num_good_events":1,
                "failed_records":[{"index":1,"field":"$distinct_id","message":"'$distinct_id' is invalid: must not be missing"}]}
                """);
        }
    }

    [Theory]
    [InlineData("fn", "fn(1);")]
    [InlineData("a.b_$9", "a.b_$9(1);")]
    [InlineData("alert(1)//", "1")]
    [InlineData("a b", "1")]
    [InlineData("<script>", "1")]
    [InlineData("é", "1")]
    [InlineData("", "1")]
    public void A_callback_is_called_if_its_name_is_one(string callback, string expected)
    {
        var answer = TrackAnswer.Write(true, "", new TrackAnswerForm { Callback = callback });

        Assert.Equal(expected, Bodies.Text(answer.Body));
        Assert.Equal(expected == "1" ? "text/plain" : "text/javascript", answer.ContentType);
    }

    [Fact]
    public void What_a_script_is_given_cannot_end_it()
    {
        var answer = TrackAnswer.Write(false, "</script>\u2028", new TrackAnswerForm { Callback = "f", IsVerbose = true });

        Assert.Equal("""f({"status":0,"error":"\u003C/script\u003E\u2028"});""", Bodies.Text(answer.Body));
    }

    [Fact]
    public void A_picture_is_one_pixel()
    {
        var answer = TrackAnswer.Write(true, "", TrackAnswerForm.Of(FormBody.Read("img=1&verbose=1&callback=f", default)));

        Assert.Equal((200, "image/gif", 43), (answer.StatusCode, answer.ContentType, answer.Body.Length));
        Assert.Equal("GIF89a\u0001\0\u0001\0", Bodies.Text(answer.Body[..10]));
        Assert.Equal(0x3B, answer.Body.Span[^1]);
    }

    [Fact]
    public void A_denial_has_its_own_shape()
    {
        Must(TrackAnswer.Denied(401, "no \uD800"), 401, "{\"status\":\"error\",\"error\":\"no \uFFFD\"}");
    }

    [Fact]
    public void Lookup_tables_have_the_shapes_of_import()
    {
        Must(LookupTableAnswer.Replaced(), 200, """{"code":200,"status":"OK"}""");
        Must(LookupTableAnswer.List([("id-1", "Products")]), 200, """{"code":200,"status":"OK","results":[{"id":"id-1","name":"Products"}]}""");
        Must(LookupTableAnswer.NotFound("x"), 404, """{"code":404,"error":"Lookup table with id 'x' was not found.","status":"Not Found"}""");
        Must(
            LookupTableAnswer.Of(new LookupTableFailure(400, "m", [new FailedLookupRow(2, "primary key is required and cannot be blank")])),
            400,
            """{"code":400,"error":"m","status":"Bad Request","failed_records":[{"index":2,"message":"primary key is required and cannot be blank"}]}""");
        Must(LookupTableAnswer.Of(new LookupTableFailure(413, "m", [])), 413, """{"code":413,"error":"m","status":"Request Entity Too Large"}""");
    }

    private static EventBatch Batch(string body, EventParserOptions? options = null)
    {
        Assert.True(new EventParser(options ?? Parsed.Import).TryParse(Bodies.Utf8(body), Bodies.Now, out var batch, out _));
        return batch;
    }

    private static void Must(IngestionAnswer answer, int statusCode, string json)
    {
        Assert.Equal((statusCode, "application/json"), (answer.StatusCode, answer.ContentType));
        Assert.Equal(json.ReplaceLineEndings(""), Bodies.Text(answer.Body));
        using var document = JsonDocument.Parse(answer.Body);
    }
}
