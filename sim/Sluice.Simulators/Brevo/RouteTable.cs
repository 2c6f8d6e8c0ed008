using Sluice.Simulators.Brevo.Companies;
using Sluice.Simulators.Brevo.Orders;

namespace Sluice.Simulators.Brevo;

/// <summary>Answers a call; runs under the account's lock and never waits.</summary>
internal delegate BrevoAnswer Handler(BrevoAccount account, BrevoRequest request);

/// <summary>One endpoint.</summary>
internal sealed record Route(string Method, string Template, Handler Handler)
{
    public string[] Segments { get; } = Template.Split('/', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>All endpoints of the simulator, and the allowance that each one counts against.</summary>
internal static class RouteTable
{
    private static readonly Route[] Routes =
    [
        new("GET", "/account", AccountEndpoints.Get),
        new("GET", "/smtp/blockedContacts", AccountEndpoints.Blocked),
        new("GET", "/contacts", ContactQueryEndpoint.Query),
        new("POST", "/contacts", ContactEndpoints.Create),
        new("POST", "/contacts/batch", ContactEndpoints.Batch),
        new("POST", "/contacts/import", TransferEndpoints.Import),
        new("POST", "/contacts/export", TransferEndpoints.Export),
        new("GET", "/contacts/attributes", AttributeEndpoints.List),
        new("DELETE", "/contacts/attributes/multiple-choice/{name}/{option}", AttributeEndpoints.DeleteOption),
        new("POST", "/contacts/attributes/{category}/{name}", AttributeEndpoints.Create),
        new("PUT", "/contacts/attributes/{category}/{name}", AttributeEndpoints.Update),
        new("DELETE", "/contacts/attributes/{category}/{name}", AttributeEndpoints.Delete),
        new("GET", "/contacts/lists", ListEndpoints.Lists),
        new("POST", "/contacts/lists", ListEndpoints.CreateList),
        new("GET", "/contacts/lists/{listId}", ListEndpoints.GetList),
        new("PUT", "/contacts/lists/{listId}", ListEndpoints.UpdateList),
        new("DELETE", "/contacts/lists/{listId}", ListEndpoints.DeleteList),
        new("GET", "/contacts/lists/{listId}/contacts", ContactQueryEndpoint.Members),
        new("POST", "/contacts/lists/{listId}/contacts/add", MembershipEndpoints.Add),
        new("POST", "/contacts/lists/{listId}/contacts/remove", MembershipEndpoints.Remove),
        new("GET", "/contacts/folders", ListEndpoints.Folders),
        new("POST", "/contacts/folders", ListEndpoints.CreateFolder),
        new("GET", "/contacts/folders/{folderId}", ListEndpoints.GetFolder),
        new("PUT", "/contacts/folders/{folderId}", ListEndpoints.UpdateFolder),
        new("DELETE", "/contacts/folders/{folderId}", ListEndpoints.DeleteFolder),
        new("GET", "/contacts/folders/{folderId}/lists", ListEndpoints.FolderLists),
        new("GET", "/contacts/segments", ListEndpoints.Segments),
        new("GET", "/contacts/{identifier}", ContactEndpoints.Get),
        new("PUT", "/contacts/{identifier}", ContactEndpoints.Update),
        new("DELETE", "/contacts/{identifier}", ContactEndpoints.Delete),
        new("GET", "/processes", ProcessEndpoints.List),
        new("GET", "/processes/{processId}", ProcessEndpoints.Get),
        new("POST", "/events", EventEndpoints.Create),
        new("POST", "/events/batch", EventEndpoints.CreateBatch),
        new("GET", "/events", EventEndpoints.Query),
        new("POST", "/companies", CompanyEndpoints.Create),
        new("GET", "/companies", CompanyEndpoints.Query),
        new("PATCH", "/companies/link-unlink/{id}", CompanyEndpoints.Link),
        new("GET", "/companies/{id}", CompanyEndpoints.Get),
        new("PATCH", "/companies/{id}", CompanyEndpoints.Update),
        new("DELETE", "/companies/{id}", CompanyEndpoints.Delete),
        new("GET", "/crm/attributes/companies", CompanyEndpoints.Attributes),
        new("POST", "/ecommerce/activate", OrderEndpoints.Activate),
        new("POST", "/orders/status", OrderEndpoints.Put),
        new("GET", "/orders", OrderEndpoints.Query),
        new("POST", "/webhooks", WebhookEndpoints.Create),
        new("GET", "/webhooks", WebhookEndpoints.List),
        new("GET", "/webhooks/{webhookId}", WebhookEndpoints.Get),
        new("PUT", "/webhooks/{webhookId}", WebhookEndpoints.Update),
        new("DELETE", "/webhooks/{webhookId}", WebhookEndpoints.Delete),
    ];

    /// <summary>Finds the endpoint of a path, taken apart before its values are decoded.</summary>
    public static (Route? Route, string[] Values, bool PathKnown) Find(string method, string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var pathKnown = false;
        foreach (var route in Routes)
        {
            if (Match(route.Segments, segments) is not { } values)
            {
                continue;
            }

            if (route.Method == method)
            {
                return (route, values, true);
            }

            pathKnown = true;
        }

        return (null, [], pathKnown);
    }

    public static BrevoBucket BucketOf(string method, string path)
    {
        if (path == "/contacts" || path.StartsWith("/contacts/", StringComparison.Ordinal))
        {
            return BrevoBucket.Contacts;
        }

        return (method, path) switch
        {
            ("POST", "/events") => BrevoBucket.Events,
            ("POST", "/orders/status") => BrevoBucket.Orders,
            ("GET", "/smtp/blockedContacts") => BrevoBucket.Email,
            _ => BrevoBucket.Other,
        };
    }

    private static string[]? Match(string[] template, string[] segments)
    {
        if (template.Length != segments.Length)
        {
            return null;
        }

        List<string> values = [];
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i][0] == '{')
            {
                values.Add(Uri.UnescapeDataString(segments[i]));
            }
            else if (template[i] != segments[i])
            {
                return null;
            }
        }

        return [.. values];
    }
}
