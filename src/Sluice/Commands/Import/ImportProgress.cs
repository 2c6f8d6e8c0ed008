using System.Globalization;
using Sluice.Core.Projects;

namespace Sluice.Commands.Import;

/// <summary>
/// How far each file has been imported, kept in the store itself: an interrupted run goes on there, and a store that was restored or
/// is another one knows nothing of what it does not hold.
/// </summary>
internal sealed class ImportProgress(ISettingStore settings, string project)
{
    /// <summary>How many records of the file are done.</summary>
    public async Task<long> DoneAsync(ImportSource source, CancellationToken cancellationToken) =>
        Name(source) is { } name && long.TryParse(await settings.GetAsync(name, cancellationToken), NumberStyles.None, CultureInfo.InvariantCulture, out var done) ? done : 0;

    /// <summary>Noted after what is done: an older number only means that some events come twice, and are found to be there.</summary>
    public async Task PutAsync(ImportSource source, long done, CancellationToken cancellationToken)
    {
        if (Name(source) is { } name)
        {
            await settings.PutAsync(name, done.ToString(CultureInfo.InvariantCulture), cancellationToken);
        }
    }

    private string? Name(ImportSource source) => source.Identity is { } identity ? $"import:{project}:{identity}" : null;
}
