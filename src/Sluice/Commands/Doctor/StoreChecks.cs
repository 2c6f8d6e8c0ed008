using System.Data.Common;
using Sluice.Configuration;
using Sluice.Core.Doctor;
using Sluice.Hosting;
using Sluice.Storage;

namespace Sluice.Commands.Doctor;

/// <summary>Whether there is a store, and whether it opens with this master key. Nothing is made and nothing brought to a newer shape.</summary>
internal static class StoreChecks
{
    public static async Task<LookedAtStore> OpenAsync(SluiceSettings settings, TimeProvider time, Findings findings, CancellationToken cancellationToken)
    {
        var isFile = settings.Storage.Engine == StorageEngine.Sqlite;
        var where = isFile ? $"the folder {settings.Server.DataDirectory}" : "the PostgreSQL database of storage.connection";
        var file = Path.Combine(settings.Server.DataDirectory, "sluice.db");
        var none = new LookedAtStore(null, null, Exists: false);
        if (isFile && !File.Exists(file))
        {
            findings.Add(FindingCatalogue.StoreMissing, project: null, $"There is no store in {where}.");
            return none;
        }

        Store? store = null;
        try
        {
            store = isFile
                ? await Store.OpenSqliteAsync(file, time, cancellationToken, asItIs: true)
                : await Store.OpenPostgresAsync(settings.Storage.Connection!.Reveal(), cancellationToken, asItIs: true);
            var version = await store.VersionAsync(cancellationToken);
            if (version == Store.NewestVersion)
            {
                var key = MasterKey.Find(settings.Server.MasterKey?.Reveal(), settings.Server.DataDirectory);
                await MasterKey.LookAsync(key, store.Settings, cancellationToken);
                var opened = new LookedAtStore(store, key, Exists: true);
                store = null;
                return opened;
            }

            var (kind, seen) = version == 0 ? (FindingCatalogue.StoreMissing, $"There is no store in {where}.")
                : version < Store.NewestVersion ? (FindingCatalogue.StoreOlder, $"The store is of version {version}, this program makes it one of version {Store.NewestVersion}.")
                : (FindingCatalogue.StoreNewer, $"The store is of version {version}, this program knows versions up to {Store.NewestVersion}.");
            findings.Add(kind, project: null, seen);
            if (version == 0)
            {
                return none;
            }
        }
        catch (StartException e)
        {
            findings.Add(FindingCatalogue.MasterKeyWrong, project: null, e.Message);
        }
        catch (Exception e) when (e is StoreFormatException or StoreBusyException or DbException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            // The messages of the drivers name hosts and files, and no passwords.
            findings.Add(FindingCatalogue.StoreUnreachable, project: null, $"Opening {where} failed: {(e is StoreFormatException ? e.Message : e.InnerException?.Message ?? e.Message)}");
        }
        finally
        {
            if (store is not null)
            {
                await store.DisposeAsync();
            }
        }

        return none with { Exists = true };
    }
}

/// <summary>What there is of a store.</summary>
/// <param name="Store">Null when it cannot be opened, or is not there yet.</param>
/// <param name="MasterKey">Null when there is none, or no store that it opens.</param>
/// <param name="Exists">Whether there is one.</param>
internal sealed record LookedAtStore(Store? Store, byte[]? MasterKey, bool Exists);
