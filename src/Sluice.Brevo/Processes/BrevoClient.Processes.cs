using System.Globalization;

namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>
    /// Reads one process. Counted in <see cref="BrevoBucket.Other"/>: polling every few seconds exhausts the account within minutes.
    /// </summary>
    /// <param name="processId">The process's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The process, or null when there is none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-process"/>
    public Task<BrevoProcess?> GetProcessAsync(long processId, CancellationToken cancellationToken = default) =>
        OrNullAsync(_transport.ReadAsync(
            BrevoEndpoints.ProcessesGet,
            "/processes/" + processId.ToString(CultureInfo.InvariantCulture),
            null,
            BrevoReadContext.Default.BrevoProcess,
            cancellationToken));

    /// <summary>Reads one page of the processes: one call that looks at many. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="limit">The size of the page, 1 to 50, default 50.</param>
    /// <param name="offset">How many processes to skip, default 0.</param>
    /// <param name="sort">The order by creation, default newest first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the count of all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Limit or offset are out of range.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-processes"/>
    public Task<BrevoPage<BrevoProcess>> GetProcessesAsync(
        int limit = 50,
        long offset = 0,
        BrevoSort sort = BrevoSort.Descending,
        CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder("/processes").Page(BrevoEndpoints.ProcessesList, limit, offset, sort).ToString();
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.ProcessesList, path, null, BrevoReadContext.Default.ProcessesAnswer, cancellationToken),
            answer => (answer.Processes, answer.Count));
    }

    /// <summary>
    /// Copies a file that a process left (<see cref="BrevoProcess.ExportUrl"/>, <see cref="BrevoImportFinding.File"/>) to a stream, as it
    /// comes, in constant memory. The API key is not sent.
    /// </summary>
    /// <param name="url">Where the file is, absolute, http or https. Up to 5 redirects are followed, never from https to http.</param>
    /// <param name="destination">Where to copy it. Not disposed. After a failure it holds what had arrived.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many bytes were copied.</returns>
    /// <exception cref="ArgumentException">The address is not absolute http or https.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. What <paramref name="destination"/> throws passes as it
    /// is.</exception>
    public Task<long> DownloadAsync(Uri url, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(destination);
        _ = RequestBodies.Address(url, nameof(url));
        return _transport.DownloadAsync(url, destination, cancellationToken);
    }
}
