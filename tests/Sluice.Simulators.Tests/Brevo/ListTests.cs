namespace Sluice.Simulators.Tests.Brevo;

public sealed class ListTests
{
    [Fact]
    public async Task Lists_are_created_read_changed_and_deleted()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        var folder = (await brevo.PostAsync("/contacts/folders", """{"name":"Second"}""")).Json.GetProperty("id").GetInt64();

        var created = await brevo.PostAsync("/contacts/lists", """{"name":"Engaged","folderId":1}""");
        Assert.Equal(201, created.Status);
        var id = created.Json.GetProperty("id").GetInt64();
        brevo.Simulator.AddForeignContacts(3, id);
        (await brevo.PutAsync($"/contacts/lists/{id}", """{"name":"Renamed"}""")).IsEmpty(204);
        (await brevo.PutAsync($"/contacts/lists/{id}", $$"""{"folderId":{{folder}}}""")).IsEmpty(204);

        var list = (await brevo.GetAsync($"/contacts/lists/{id}")).Json;
        Assert.Equal("Renamed", list.GetProperty("name").GetString());
        Assert.Equal(folder, list.GetProperty("folderId").GetInt64());
        Assert.Equal(3, list.GetProperty("uniqueSubscribers").GetInt32());
        Assert.Equal(0, list.GetProperty("totalSubscribers").GetInt32());
        Assert.False(list.GetProperty("dynamicList").GetBoolean());

        (await brevo.DeleteAsync($"/contacts/lists/{id}")).IsEmpty(204);
        (await brevo.GetAsync($"/contacts/lists/{id}")).IsError(404, "document_not_found");
        Assert.Equal(3, brevo.Simulator.ContactCount);
    }

    [Fact]
    public async Task Wrong_list_calls_are_refused()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("l", 15);

        (await brevo.PostAsync("/contacts/lists", """{"name":"x"}""")).IsError(400, "missing_parameter");
        (await brevo.PostAsync("/contacts/lists", """{"folderId":1}""")).IsError(400, "missing_parameter");
        (await brevo.PostAsync("/contacts/lists", """{"name":"x","folderId":9}"""))
            .IsError(400, "document_not_found", "Folder ID does not exist");
        (await brevo.PutAsync("/contacts/lists/15", """{"name":"x","folderId":1}""")).IsError(400, "invalid_parameter");
        (await brevo.PutAsync("/contacts/lists/15", "{}")).IsError(400, "invalid_parameter");
        (await brevo.GetAsync("/contacts/lists/fifteen")).IsError(400, "invalid_parameter");
    }

    [Fact]
    public async Task Deleting_a_folder_deletes_its_lists_and_no_contact()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        var folder = brevo.Simulator.CreateFolder("f");
        brevo.Simulator.CreateList("inside", 15, folder);
        brevo.Simulator.CreateList("outside", 16);
        brevo.Simulator.AddForeignContacts(2, 15);

        Assert.Equal(1, (await brevo.GetAsync($"/contacts/folders/{folder}/lists")).Json.GetProperty("count").GetInt32());
        (await brevo.PutAsync($"/contacts/folders/{folder}", """{"name":"g"}""")).IsEmpty(204);
        Assert.Equal("g", (await brevo.GetAsync($"/contacts/folders/{folder}")).Json.GetProperty("name").GetString());
        (await brevo.DeleteAsync($"/contacts/folders/{folder}")).IsEmpty(204);

        Assert.Equal([16L], brevo.Simulator.Lists.Select(list => list.Id));
        Assert.Equal(2, brevo.Simulator.ContactCount);
        (await brevo.GetAsync($"/contacts/folders/{folder}")).IsError(404, "document_not_found");
        Assert.Equal(1, (await brevo.GetAsync("/contacts/folders")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Segments_are_none()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        Assert.Equal("""{"count":0,"segments":[]}""", (await brevo.GetAsync("/contacts/segments")).Text);
    }
}
