using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Projects;

namespace Sluice.Hosting;

/// <summary>The key that encrypts stored secrets and keys their hashes. A store remembers its fingerprint and refuses another.</summary>
internal static class MasterKey
{
    private const string FileName = "master.key";
    private const string Fingerprint = "master_key_fingerprint";
    private const string Another = "The store was made with another master key. Set server.master_key to that key, or restore the file master.key of the data folder.";

    /// <summary>The configured key; with the embedded store, else the one in its folder, made at the first start.</summary>
    public static byte[] Load(string? configured, string dataDirectory)
    {
        if (Find(configured, dataDirectory) is { } key)
        {
            return key;
        }

        var file = Path.Combine(dataDirectory, FileName);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(file, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(file).Trim()));
    }

    /// <summary>The same without making one: null when there is none.</summary>
    public static byte[]? Find(string? configured, string dataDirectory)
    {
        if (configured is not null)
        {
            // Whatever the operator wrote becomes a key of full length.
            return SHA256.HashData(Encoding.UTF8.GetBytes(configured));
        }

        var file = Path.Combine(dataDirectory, FileName);
        return File.Exists(file) ? SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(file).Trim())) : null;
    }

    /// <summary>The bearer token that a project's webhooks carry where the config names none.</summary>
    public static string WebhookToken(byte[] key, string project) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("sluice webhook token v1\0" + project)).AsSpan(0, 24));

    /// <summary>The key under which the addresses of anonymous callers become ids.</summary>
    public static byte[] AddressKey(byte[] key) => HMACSHA256.HashData(key, "sluice address ids v1"u8.ToArray());

    /// <summary>The key that makes what is kept of erased people.</summary>
    public static byte[] TombstoneKey(byte[] key) => HMACSHA256.HashData(key, "sluice tombstones v1"u8.ToArray());

    /// <summary>The bearer token that opens a project's erasures and retrievals. Another secret key makes another token.</summary>
    public static string ErasureToken(byte[] key, StoredProject project) => Convert.ToHexStringLower(
        HMACSHA256.HashData(
            key, Encoding.UTF8.GetBytes($"sluice erasure token v1\0{project.Id}\0{Convert.ToHexStringLower(project.SecretHash)}")).AsSpan(0, 24));

    /// <exception cref="StartException">The store was made with another key.</exception>
    public static async Task CheckAsync(byte[] key, ISettingStore settings, CancellationToken cancellationToken)
    {
        if (await settings.PutIfMissingAsync(Fingerprint, FingerprintOf(key), cancellationToken) != FingerprintOf(key))
        {
            throw new StartException(Another);
        }
    }

    /// <summary>The same without writing anything down.</summary>
    /// <param name="key">Null when there is none.</param>
    /// <exception cref="StartException">The store was made with another key, or its key is lost.</exception>
    public static async Task LookAsync(byte[]? key, ISettingStore settings, CancellationToken cancellationToken)
    {
        if (await settings.GetAsync(Fingerprint, cancellationToken) is { } known && (key is null || known != FingerprintOf(key)))
        {
            throw new StartException(
                key is null ? "The store was made with a master key, and there is none now: restore the file master.key of the data folder, or set server.master_key." : Another);
        }
    }

    private static string FingerprintOf(byte[] key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, "sluice master key fingerprint v1"u8.ToArray()).AsSpan(0, 16));
}
