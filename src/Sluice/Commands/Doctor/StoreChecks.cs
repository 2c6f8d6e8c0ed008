using System.Data.Common;
using Sluice.Configuration;
using Sluice.Core.Doctor;
using Sluice.Hosting;
using Sluice.Storage;

namespace Sluice.Commands.Doctor;

/// <summary>Whether there is a store, and whether it opens with this master key.</summary>
internal static class StoreChecks
{
    /// <returns>The store, or null; and whether there is one.</returns>
    public static async Task<(Store? Store, bool Exists)> OpenAsync(SluiceSettings settings, TimeProvider time, Findings findings, CancellationToken cancellationToken)
    {
        var where = settings.Storage.Engine == StorageEngine.Sqlite ? $"the folder {settings.Server.DataDirectory}" : "the PostgreSQL database of storage.connection";
        if (settings.Storage.Engine == StorageEngine.Sqlite && !File.Exists(Path.Combine(settings.Server.DataDirectory, "sluice.db")))
        {
            findings.Add(FindingCatalogue.StoreMissing, project: null, $"There is no store in {where}.");
            return (null, false);
        }

        try
        {
            return (await SluiceNode.OpenStoreAsync(settings, time, cancellationToken), true);
        }
        catch (StartException e)
        {
            findings.Add(e.InnerException is StoreFormatException ? FindingCatalogue.StoreUnreachable : FindingCatalogue.MasterKeyWrong, project: null, e.Message);
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            findings.Add(FindingCatalogue.StoreNewer, project: null, e.Message);
        }
        catch (Exception e) when (e is StoreBusyException or DbException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            // The messages of the drivers name hosts and files, and no passwords.
            findings.Add(FindingCatalogue.StoreUnreachable, project: null, $"Opening {where} failed: {e.InnerException?.Message ?? e.Message}");
        }

        return (null, true);
    }
}
