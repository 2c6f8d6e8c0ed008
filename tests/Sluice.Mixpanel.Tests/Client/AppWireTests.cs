using System.Text.Json;
using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>Each call of the app API, to the byte.</summary>
public sealed class AppWireTests
{
    private const string Account = """{"id":5,"username":"sync.1","last_used":null,"expires":"2027-01-01T00:00:00","creator":"ana","created":"2026-01-01T00:00:00","user":9}""";
    private static readonly DateOnly Day = new(2026, 2, 15);

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task Who_am_i_reads_the_maps_and_minds_nothing_unknown()
    {
        await using var server = WireServer.Start(
            """
            {"status":"ok","results":{"user_id":991,"user_email":"sync@acme.example","user_name":"sync","new":[1],
             "organizations":{"77":{"id":77,"name":"Acme","role":"admin","permissions":["a","b"]}},
             "projects":{"4100200":{"name":"Prod","organization_id":77,"timezone":"Asia/Seoul","has_workspaces":true,"domain":"eu.mixpanel.com","type":1}},
             "workspaces":{"900":{"id":900,"name":"All Project Data","project_id":4100200,"is_default":true,"is_global":true,"is_visible":true}}}}
            """);
        var me = await server.App().MeAsync(Token);
        Assert.Equal((991, "sync", "sync@acme.example"), (me.UserId, me.UserName, me.UserEmail));
        Assert.Equal("77 Acme admin a,b", me.Organizations.Select(o => $"{o.Id} {o.Name} {o.Role} {string.Join(',', o.Permissions)}").Single());
        Assert.Equal([new MixpanelProject(4100200, "Prod", 77, "Asia/Seoul", "eu.mixpanel.com", true, null)], me.Projects);
        Assert.Equal([new MixpanelWorkspace(900, "All Project Data", 4100200, true, true)], me.Workspaces);
        Assert.Equal("GET /api/app/me?include_workspace_users=false HTTP/1.1", server.Request.Line);
        Assert.Equal($"Basic {Convert.ToBase64String("robot:s3cret"u8)}", server.Request.Header("Authorization"));
    }

    [Fact]
    public async Task Service_accounts_are_listed_read_made_and_deleted()
    {
        await using var server = WireServer.Start(request => request.Line.Split(' ')[0] switch
        {
            "POST" => WireReply.Json($$$$"""{"status":"ok","results":{{{{{Account[1..^1]}}}},"token":"the-secret"}}""", 201),
            "DELETE" => new WireReply(204, []),
            _ when request.Line.Contains("/5 ", StringComparison.Ordinal) => WireReply.Json($$$"""{"status":"ok","results":{{{Account}}}}"""),
            _ => WireReply.Json($$"""{"status":"ok","results":[{{Account}}]}"""),
        });
        var expected = new MixpanelServiceAccount(5, "sync.1", "2027-01-01T00:00:00", null, "2026-01-01T00:00:00", "ana");
        var client = server.App();
        Assert.Equal([expected], await client.ServiceAccountsAsync(77, Token));
        Assert.Equal([expected], await client.ServiceAccountsOfProjectAsync(Token));
        Assert.Equal(expected, await client.ServiceAccountAsync(77, 5, Token));
        var made = await client.CreateServiceAccountAsync(77, "sync", "analyst", [new MixpanelProjectRole(1, "admin")], new DateTimeOffset(2027, 1, 1, 9, 0, 0, TimeSpan.FromHours(9)), Token);
        Assert.Equal((expected, "the-secret", false), (made.Account, made.Secret, made.ToString().Contains("the-secret", StringComparison.Ordinal)));
        await client.DeleteServiceAccountAsync(77, 5, Token);
        await client.AddServiceAccountsAsync(77, [5, 6], [new MixpanelProjectRole(1, "analyst")], Token);
        await client.RemoveServiceAccountsAsync(77, [5], [1, 2], Token);
        Assert.Equal(
            [
                "GET /api/app/organizations/77/service-accounts HTTP/1.1 ",
                "GET /api/app/projects/4100200/service-accounts HTTP/1.1 ",
                "GET /api/app/organizations/77/service-accounts/5 HTTP/1.1 ",
                """POST /api/app/organizations/77/service-accounts HTTP/1.1 {"username":"sync","role":"analyst","expires":"2027-01-01T00:00:00Z","projects":[{"id":1,"role":"admin"}]}""",
                "DELETE /api/app/organizations/77/service-accounts/5 HTTP/1.1 ",
                """POST /api/app/organizations/77/service-accounts/add-to-project HTTP/1.1 {"projects":[{"id":1,"role":"analyst"}],"service_account_ids":[5,6]}""",
                """POST /api/app/organizations/77/service-accounts/remove-from-project HTTP/1.1 {"projects":[{"id":1,"service_account_ids":[5]},{"id":2,"service_account_ids":[5]}]}""",
            ],
            server.Requests.Select(r => $"{r.Line} {r.Body}"));
    }

    [Fact]
    public async Task Schemas_are_listed_uploaded_and_deleted()
    {
        await using var server = WireServer.Start(request => request.Line.Split(' ')[0] switch
        {
            "POST" => WireReply.Json("""{"status":"ok","results":{"added":1,"deleted":2}}"""),
            "DELETE" => WireReply.Json("""{"status":"ok","results":{"delete_count":3}}"""),
            _ => WireReply.Json("""{"status":"ok","results":[{"entityType":"event","name":"Purchase","schemaJson":{"description":"d"}}]}"""),
        });
        var client = server.App();
        var schema = Assert.Single(await client.SchemasAsync(MixpanelSchema.Event, Token));
        Assert.Equal(("event", "Purchase", "d"), (schema.EntityType, schema.Name, schema.Definition.GetProperty("description").GetString()));
        Assert.Equal(JsonValueKind.Array, (await client.SchemaAsync(MixpanelSchema.Event, "Buy / sell", Token)).ValueKind);
        Assert.Equal((1, 2), await client.UploadSchemasAsync([schema], truncate: true, Token));
        Assert.Equal(3, await client.DeleteSchemasAsync(MixpanelSchema.Profile, "$user", Token));
        Assert.Equal(3, await client.DeleteSchemasAsync(null, null, Token));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.DeleteSchemasAsync(null, "x", Token));
        Assert.Equal(
            [
                "GET /api/app/projects/4100200/schemas/event HTTP/1.1 ",
                "GET /api/app/projects/4100200/schemas/event/Buy%20%2F%20sell HTTP/1.1 ",
                """POST /api/app/projects/4100200/schemas HTTP/1.1 {"entries":[{"entityType":"event","name":"Purchase","schemaJson":{"description":"d"}}],"truncate":true}""",
                "DELETE /api/app/projects/4100200/schemas/profile/%24user HTTP/1.1 ",
                "DELETE /api/app/projects/4100200/schemas HTTP/1.1 ",
            ],
            server.Requests.Select(r => $"{r.Line} {r.Body}"));
    }

    [Fact]
    public async Task Annotations_and_their_tags_are_written_and_read()
    {
        const string Entry = """{"id":1,"date":"2026-02-15 12:00:00","description":"launch","user":{"id":9,"first_name":"Ana","last_name":"B"},"tags":[{"id":3,"name":"release"}]}""";
        await using var server = WireServer.Start(request => WireReply.Json(request.Line.Split(' ')[..2] switch
        {
            ["GET", var path] when path.EndsWith("/tags", StringComparison.Ordinal) => """{"status":"ok","results":[{"id":3,"name":"release"}]}""",
            ["GET", var path] when path.Contains('?', StringComparison.Ordinal) => $$"""{"status":"ok","results":[{{Entry}}]}""",
            ["POST", var path] when path.EndsWith("/tags", StringComparison.Ordinal) => """{"status":"ok","results":{"id":4,"name":"new"}}""",
            ["DELETE", _] => """{"status":"ok","results":{"id":1}}""",
            _ => $$$"""{"status":"ok","results":{{{Entry}}}}""",
        }));
        var client = server.App();
        var note = Assert.Single(await client.AnnotationsAsync(Day, Day.AddDays(1), Token));
        Assert.Equal((1, "2026-02-15 12:00:00", "launch", "Ana B", new MixpanelTag(3, "release")), (note.Id, note.Date, note.Description, note.Author, note.Tags[0]));
        Assert.Equal(1, (await client.AnnotationAsync(1, Token)).Id);
        await client.CreateAnnotationAsync(new DateTime(2026, 2, 15, 12, 0, 0), "launch", [3], Token);
        await client.UpdateAnnotationAsync(1, "later", null, Token);
        await client.DeleteAnnotationAsync(1, Token);
        Assert.Equal([new MixpanelTag(3, "release")], await client.AnnotationTagsAsync(Token));
        Assert.Equal(new MixpanelTag(4, "new"), await client.CreateAnnotationTagAsync("new", Token));
        Assert.Equal(
            [
                "GET /api/app/projects/4100200/annotations?fromDate=2026-02-15&toDate=2026-02-16 HTTP/1.1 ",
                "GET /api/app/projects/4100200/annotations/1 HTTP/1.1 ",
                """POST /api/app/projects/4100200/annotations HTTP/1.1 {"date":"2026-02-15 12:00:00","description":"launch","tags":[3]}""",
                """PATCH /api/app/projects/4100200/annotations/1 HTTP/1.1 {"description":"later"}""",
                "DELETE /api/app/projects/4100200/annotations/1 HTTP/1.1 ",
                "GET /api/app/projects/4100200/annotations/tags HTTP/1.1 ",
                """POST /api/app/projects/4100200/annotations/tags HTTP/1.1 {"name":"new"}""",
            ],
            server.Requests.Select(r => $"{r.Line} {r.Body}"));
    }

    [Theory]
    [InlineData("""{"status":"ok","results":{"task_id":"1583"}}""")]
    [InlineData("""{"status":"ok","results":{"task_id":1583}}""")]
    [InlineData("""{"status":"ok","results":[{"status":"PENDING","disclosure_type":"DATA","tracking_id":"1583","destination_url":null}]}""")]
    public async Task A_deletion_is_asked_for_and_known_by_either_published_answer(string answer)
    {
        await using var server = WireServer.Start(answer, 201);
        Assert.Equal("1583", await server.PersonalData().DeleteAsync(["u-1", "ü"], cancellationToken: Token));
        Assert.Equal("""POST /api/app/data-deletions/v3.0/?token=project%20token HTTP/1.1 {"distinct_ids":["u-1","ü"],"compliance_type":"GDPR"}""", $"{server.Request.Line} {server.Request.Body}");
        Assert.Equal(("Bearer bearer-1", "application/json"), (server.Request.Header("Authorization"), server.Request.Header("Content-Type")));
    }

    [Theory]
    [InlineData("result")]
    [InlineData("results")]
    public async Task A_retrieval_gives_its_link_under_either_name(string name)
    {
        await using var server = WireServer.Start(request => request.Line.StartsWith("POST", StringComparison.Ordinal)
            ? WireReply.Json("""{"status":"ok","results":{"task_id":"9"}}""", 201)
            : WireReply.Json($$$"""{"status":"ok","results":{"status":"SUCCESS","{{{name}}}":"https://files.example/x","distinct_ids":["u-1"]}}"""));
        var client = server.PersonalData();
        Assert.Equal("9", await client.RetrieveAsync(["u-1"], "CCPA", "Categories", Token));
        var job = await client.RetrievalAsync("9/8", Token);
        Assert.Equal(("SUCCESS", true, "https://files.example/x", "u-1"), (job.Status, job.IsFinal, job.Link, Assert.Single(job.DistinctIds)));
        Assert.Equal(
            [
                """POST /api/app/data-retrievals/v3.0/?token=project%20token HTTP/1.1 {"distinct_ids":["u-1"],"compliance_type":"CCPA","disclosure_type":"Categories"}""",
                "GET /api/app/data-retrievals/v3.0/9%2F8?token=project%20token HTTP/1.1 ",
            ],
            server.Requests.Select(r => $"{r.Line} {r.Body}"));
    }

    [Fact]
    public async Task A_deletion_that_waits_can_be_watched_and_cancelled()
    {
        await using var server = WireServer.Start(request => request.Line.StartsWith("DELETE", StringComparison.Ordinal)
            ? new WireReply(204, [])
            : WireReply.Json("""{"status":"ok","results":{"tracking_id":"9","status":"STAGING","requesting_user":"a","compliance_type":"GDPR","date_requested":"2026-01-05T10:00:00","distinct_ids":["u-1"]}}"""));
        var job = await server.PersonalData().DeletionAsync("9", Token);
        Assert.Equal(("STAGING", false, null, "2026-01-05T10:00:00"), (job.Status, job.IsFinal, job.Link, job.DateRequested));
        await server.PersonalData().CancelDeletionAsync("9", Token);
        Assert.Equal("DELETE /api/app/data-deletions/v3.0/9?token=project%20token HTTP/1.1", server.Requests[1].Line);
    }

    [Fact]
    public async Task Personal_data_need_a_bearer_and_no_more_people_than_a_call_takes()
    {
        await using var server = WireServer.Start("{}");
        Assert.Throws<ArgumentException>(() => new MixpanelPersonalDataClient(server.Http, server.Options(), "t"));
        var client = server.PersonalData();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.DeleteAsync([.. Enumerable.Range(0, 2_000).Select(i => $"{i}")], cancellationToken: Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.DeleteAsync([], cancellationToken: Token));
        Assert.Empty(server.Requests);
    }
}
