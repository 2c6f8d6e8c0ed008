using System.Text;
using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo;

/// <summary>
/// Finds out whether an import has ended. Its process may be asked a hundred times an hour at most, together with much else; so a person
/// whom the import puts into the list is asked for first, and the process when that person is there.
/// </summary>
internal sealed class ImportWatch(BrevoClient client)
{
    private static readonly (Func<BrevoImportReport, BrevoImportFinding> Of, string Reason)[] Findings =
    [
        (r => r.InvalidEmails, "invalid_email"),
        (r => r.DuplicateContactId, "duplicate_contact"),
        (r => r.DuplicateExternalId, "duplicate_external_id"),
        (r => r.DuplicateEmail, "duplicate_email"),
        (r => r.DuplicatePhone, "duplicate_phone"),
        (r => r.DuplicateWhatsApp, "duplicate_whatsapp"),
        (r => r.DuplicateLandlineNumber, "duplicate_landline_number"),
    ];

    public async Task<ImportLook> LookAsync(Job job, bool thorough, CancellationToken cancellationToken)
    {
        var seen = await SeenAsync(job, cancellationToken);
        if (!seen && !thorough)
        {
            return new ImportLook(ImportProgress.Running, [], null);
        }

        if (job.Process is not { } id)
        {
            return await FindAsync(seen, cancellationToken);
        }

        // When the scarce budget is used up this waits, also when the list already shows the import's effect: only the report tells who was
        // rejected, and without it they would count as present.
        var process = await client.GetProcessAsync(id, cancellationToken);
        return process?.State switch
        {
            null => new ImportLook(seen ? ImportProgress.Done : ImportProgress.Unknown, [], null),
            BrevoProcessState.Completed => new ImportLook(ImportProgress.Done, await RejectedAsync(process, cancellationToken), null),
            BrevoProcessState.Failed or BrevoProcessState.Cancelled => new ImportLook(ImportProgress.Failed, [], process.Error),
            _ => new ImportLook(ImportProgress.Running, [], null),
        };
    }

    private async Task<bool> SeenAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.Witness is not { } witness)
        {
            return false;
        }

        var contact = await client.GetContactAsync(BrevoContactIdentifier.ExternalId(witness), cancellationToken);
        return contact?.ListIds.Contains(job.List) == true;
    }

    /// <summary>The call's answer was lost: while any import of the account is still at work, it may be ours.</summary>
    private async Task<ImportLook> FindAsync(bool seen, CancellationToken cancellationToken)
    {
        var processes = await client.GetProcessesAsync(cancellationToken: cancellationToken);
        var imports = processes.Items.Where(p => p.Name?.StartsWith("IMPORT", StringComparison.Ordinal) == true).ToList();
        if (imports.Exists(p => p.State == BrevoProcessState.Running))
        {
            return new ImportLook(ImportProgress.Running, [], null);
        }

        // What the list shows has been done by an import, and ours was the last one: its report is asked for. Of another's report nothing would fit.
        var last = imports.Where(p => p.State == BrevoProcessState.Completed).MaxBy(p => p.Id);
        return seen && last is not null
            ? new ImportLook(ImportProgress.Done, await RejectedAsync(last, cancellationToken), null)
            : new ImportLook(ImportProgress.Unknown, [], null);
    }

    private async Task<List<(string Email, string Reason)>> RejectedAsync(BrevoProcess process, CancellationToken cancellationToken)
    {
        var rejected = new List<(string, string)>();
        if (process.Info?.Import is not { } report)
        {
            return rejected;
        }

        foreach (var (of, reason) in Findings)
        {
            if (of(report).File is { } file)
            {
                using var content = new MemoryStream();
                await client.DownloadAsync(file, content, cancellationToken);
                var addresses = Encoding.UTF8.GetString(content.ToArray()).Split(['\n', '\r', ';', ',', '\t', '"'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                rejected.AddRange(addresses.Where(a => a.Contains('@', StringComparison.Ordinal)).Select(a => (a.ToLowerInvariant(), reason)));
            }
        }

        return rejected;
    }
}
