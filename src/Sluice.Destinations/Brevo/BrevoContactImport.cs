using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo;

/// <summary>An import as CSV: a third of JSON's size, so a third of its calls.</summary>
internal sealed class BrevoContactImport(BrevoClient client, BrevoSettings settings, IReadOnlyList<string> attributes, long list) : IContactImport
{
    private readonly BrevoImportCsv _csv = new([BrevoAttributeNames.Email, BrevoAttributeNames.ExternalId, .. attributes]);

    // One row a contact: what Brevo does with two rows of one identifier it does not say.
    private readonly HashSet<string> _identifiers = new(StringComparer.Ordinal);

    public int Count => _csv.RowCount;

    public bool TryAppend(MappedContact contact)
    {
        var cells = ((ContactPayload)contact.Attributes!).Cells;
        var row = new string?[cells.Count + 2];
        row[0] = contact.Email;
        row[1] = contact.ExternalId;
        for (var i = 0; i < cells.Count; i++)
        {
            row[i + 2] = cells[i];
        }

        if (contact.Phone is { } phone && !_identifiers.Add("p" + phone))
        {
            // Two people with one phone number: the first keeps it, the second is sent without.
            for (var i = 0; i < attributes.Count; i++)
            {
                row[i + 2] = attributes[i] == BrevoAttributeNames.Sms ? null : row[i + 2];
            }
        }

        return _csv.TryAppend(row);
    }

    public async Task<long> StartAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ImportContactsAsync(
                new BrevoImport
                {
                    Source = _csv,
                    ListIds = [list],
                    NotifyUrl = settings.Inbox is { } inbox ? new Uri($"{inbox.AbsoluteUri.TrimEnd('/')}/imports/{token}") : null,
                },
                cancellationToken);
        }
        catch (BrevoException e)
        {
            throw BrevoResponses.ToException(e);
        }
    }

    public void Dispose() => _csv.Dispose();
}

/// <summary>A contact's attributes, both as cells of an import and as values of a call.</summary>
internal sealed record ContactPayload(IReadOnlyList<string?> Cells, BrevoAttributes Attributes);
