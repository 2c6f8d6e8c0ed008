using System.Net;
using System.Text.Json;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>The document of the management API: it is the one that is checked in, it says everything, and it names every path there is.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task The_document_that_is_served_is_the_one_that_is_checked_in()
    {
        await using var world = await ManagedWorld.StartAsync();
        var document = await world.SendAsync(HttpMethod.Get, "/openapi/v1.json", null, keys: null);
        Assert.Equal(HttpStatusCode.OK, document.Status);
        Golden.In("docs").MatchesJson("openapi.json", document.Body);

        foreach (var (path, method, operation) in Operations(document.Json))
        {
            var name = $"{method} {path}";
            Assert.True(operation.TryGetProperty("operationId", out _), $"{name} has no name");
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), $"{name} has no summary");
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("description").GetString()), $"{name} has no description");
            foreach (var parameter in operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().ToArray() : [])
            {
                Assert.True(parameter.TryGetProperty("description", out _), $"{name}: {parameter.GetProperty("name")} is not described");
            }

            foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(r => r.Name[0] is '4' or '5'))
            {
                Assert.True(response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _), $"{name}: {response.Name} is no problem");
            }
        }

        foreach (var schema in document.Json.GetProperty("components").GetProperty("schemas").EnumerateObject().Where(s => s.Value.TryGetProperty("properties", out _)))
        {
            foreach (var property in schema.Value.GetProperty("properties").EnumerateObject())
            {
                Assert.True(property.Value.TryGetProperty("description", out _), $"{schema.Name}.{property.Name} is not described");
            }
        }
    }

    [Fact]
    public async Task No_path_answers_without_keys_or_with_wrong_ones()
    {
        await using var world = await ManagedWorld.StartAsync();
        var document = await world.SendAsync(HttpMethod.Get, "/openapi/v1.json", null, keys: null);
        var seen = 0;
        foreach (var (path, method, _) in Operations(document.Json))
        {
            var filled = Filled(path, "901");
            var none = await world.SendAsync(new HttpMethod(method), filled, method is "POST" or "PUT" ? "{}" : null, keys: null);
            Assert.Equal((HttpStatusCode.Unauthorized, "credentials"), (none.Status, none.Code));
            var upper = await world.SendAsync(new HttpMethod(method), filled.ToUpperInvariant(), method is "POST" or "PUT" ? "{}" : null, keys: null);
            Assert.Equal((HttpStatusCode.Unauthorized, "credentials"), (upper.Status, upper.Code));
            seen++;
        }

        Assert.True(seen > 20, $"only {seen} operations");
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Get, "project", null, (ManagedWorld.Shop.Access, "wrong"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.SendAsync(HttpMethod.Get, "project", null, (ManagedWorld.Shop.Access, ManagedWorld.Blog.Secret))).Status);
    }

    [Fact]
    public async Task The_keys_of_one_project_see_nothing_of_another_on_any_path()
    {
        const string Marker = "only-of-the-shop";
        await using var world = await ManagedWorld.StartAsync();
        await world.PutAsync("connectors/mixpanel", $$"""{"projectToken":"{{Marker}}-token","projectId":"777","serviceAccountUser":"{{Marker}}","serviceAccountSecret":"s"}""");
        await world.PostAsync("suppressions", $$"""{"email":"{{Marker}}@shop.test"}""");
        await world.Node.Store.RefusedRecords.KeepAsync("shop", "import", [new Core.Events.RefusedRecord("malformed", Marker, Marker, $"\"{Marker}\"")], ManagedWorld.Token);
        var page = $$$"""
            {"action":"members","parameters":{"mixpanel_project_id":"777","mixpanel_cohort_id":"901","mixpanel_cohort_name":"{{{Marker}}}","mixpanel_cohort_description":"",
            "mixpanel_session_id":"s1","page_info":{"total_pages":1,"page_count":1},"members":[{"$distinct_id":"{{{Marker}}}","$email":"{{{Marker}}}@shop.test"}]}}
            """;
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Post, "/mixpanel/projects/shop/cohorts", page, ManagedWorld.Shop)).Status);
        await world.Node.Store.Settling.SettleAsync("shop", ManagedWorld.Token);
        var letter = (await world.GetAsync("dead-letters")).Json.GetProperty("items")[0].GetProperty("id").GetString()!;

        // The shop itself sees all of it, so what is looked for is there.
        Assert.Contains(Marker, (await world.GetAsync("user-groups/901/members")).Body, StringComparison.Ordinal);
        Assert.Contains(Marker, (await world.GetAsync($"profile?distinctId={Marker}")).Body, StringComparison.Ordinal);

        var document = await world.SendAsync(HttpMethod.Get, "/openapi/v1.json", null, keys: null);
        foreach (var (path, method, _) in Operations(document.Json))
        {
            var filled = Filled(path, "901") + (path.EndsWith("/profile", StringComparison.Ordinal) ? $"?distinctId={Marker}" : "");
            var body = method is "GET" or "DELETE" ? null
                : path.Contains("dead-letters", StringComparison.Ordinal) ? $$"""{"ids":["{{letter}}"]}"""
                : path.Contains("suppressions", StringComparison.Ordinal) ? """{"email":"somebody@blog.test"}"""
                : path.Contains("cohorts", StringComparison.Ordinal) ? """{"targetList":16}"""
                : null;
            var answer = await world.SendAsync(new HttpMethod(method), filled, body, ManagedWorld.Blog);
            Assert.True((int)answer.Status < 500, $"{method} {path}: {answer.Status} {answer.Body}");
            Assert.DoesNotContain(Marker, answer.Body.Replace(letter, "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        // Nor has any of these calls changed anything of the shop's.
        Assert.Equal("open", (await world.GetAsync("dead-letters")).Json.GetProperty("items")[0].GetProperty("state").GetString());
        Assert.Equal("connected", (await world.GetAsync("connectors/mixpanel")).Json.GetProperty("state").GetString());
        Assert.Equal(1, (await world.GetAsync("suppressions")).Json.GetProperty("items").GetArrayLength());
    }

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Name.ToUpperInvariant(), operation.Value);

    private static string Filled(string path, string cohort) =>
        path.Replace("{cohortId}", cohort, StringComparison.Ordinal).Replace("{name}", "mixpanel", StringComparison.Ordinal).Replace("{id}", "key_0000", StringComparison.Ordinal);
}
