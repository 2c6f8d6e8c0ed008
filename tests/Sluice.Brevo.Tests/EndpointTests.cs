namespace Sluice.Brevo.Tests;

public sealed class EndpointTests
{
    [Fact]
    public void Names_are_unique_and_every_public_endpoint_is_in_the_table()
    {
        var declared = typeof(BrevoEndpoints).GetProperties().Where(property => property.PropertyType == typeof(BrevoEndpoint)).Select(property => (BrevoEndpoint)property.GetValue(null)!).ToArray();

        Assert.Equal(declared.Length, declared.Select(endpoint => endpoint.Name).Distinct().Count());
        Assert.Equal(declared.OrderBy(endpoint => endpoint.Name, StringComparer.Ordinal), BrevoEndpoints.All.OrderBy(endpoint => endpoint.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_under_contacts_shares_a_bucket_and_nothing_else_is_in_it()
    {
        foreach (var endpoint in BrevoEndpoints.All)
        {
            Assert.Equal(endpoint.Path.StartsWith("/contacts", StringComparison.Ordinal), endpoint.Bucket == BrevoBucket.Contacts);
        }

        Assert.Equal(
            ["account.get", "companies.attributes.list", "companies.create", "companies.link", "companies.list", "companies.update", "events.batch", "events.list", "processes.get", "processes.list", "webhooks.create", "webhooks.delete", "webhooks.list", "webhooks.update"],
            BrevoEndpoints.All.Where(endpoint => endpoint.Bucket == BrevoBucket.Other).Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_what_creates_something_new_each_time_is_not_idempotent() =>
        Assert.Equal(
            ["companies.create", "contacts.export", "contacts.import", "events.batch", "events.create", "folders.create", "lists.create", "webhooks.create"],
            BrevoEndpoints.All.Where(endpoint => !endpoint.IsIdempotent).Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void The_published_limits_are_in_the_table()
    {
        Assert.Equal(1000, BrevoEndpoints.ContactsList.MaxPageSize);
        Assert.Equal(20, BrevoEndpoints.ContactsList.MaxItems);
        Assert.Equal(500, BrevoEndpoints.ListContactsList.MaxPageSize);
        Assert.Equal(50, BrevoEndpoints.ListsList.MaxPageSize);
        Assert.Equal(50, BrevoEndpoints.FoldersList.MaxPageSize);
        Assert.Equal(50, BrevoEndpoints.ProcessesList.MaxPageSize);
        Assert.Equal(150, BrevoEndpoints.ListContactsAdd.MaxItems);
        Assert.Equal(150, BrevoEndpoints.ListContactsRemove.MaxItems);
        Assert.Equal(200, BrevoEndpoints.EventsBatch.MaxItems);
        Assert.Equal(512 * 1024, BrevoEndpoints.EventsBatch.MaxBodyBytes);
        Assert.Equal(10_000, BrevoEndpoints.EventsList.MaxPageSize);
        Assert.Equal(10_000_000, BrevoEndpoints.ContactsImport.MaxBodyBytes);
        Assert.Equal(8_000_000, BrevoEndpoints.ContactsImport.AdvisedBodyBytes);
    }

    [Fact]
    public void A_bucket_is_its_name()
    {
        Assert.Equal(BrevoBucket.Contacts, new BrevoBucket("contacts"));
        Assert.NotEqual(BrevoBucket.Contacts, BrevoBucket.Other);
        Assert.Equal("other", BrevoBucket.Other.ToString());
    }
}
