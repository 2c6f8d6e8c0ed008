namespace Sluice.Core.Management;

/// <summary>Keeps authorisations whose tokens change with use, encrypted: all nodes renew the same tokens, and each of them may work only once.</summary>
public interface IAuthorisations
{
    /// <summary>How long one that nobody renews is kept beside the one in use.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromDays(30);

    /// <param name="name">Tells authorisations of a project apart.</param>
    /// <returns>Null when nothing is kept.</returns>
    Task<byte[]?> ReadAsync(string project, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Hands what is kept (null: nothing yet) and the store's clock to a pure function, and writes what it returns before returning its result. Of several at
    /// one time each sees what the one before has written.
    /// </summary>
    Task<T> UpdateAsync<T>(string project, string name, Func<byte[]?, DateTimeOffset, (byte[] Content, T Result)> change, CancellationToken cancellationToken);

    Task ForgetAsync(string project, string name, CancellationToken cancellationToken);

    /// <summary>Forgets what nobody has renewed for <see cref="Memory"/>, but never the one that the project uses, however long it rests.</summary>
    Task ForgetOldAsync(string project, string inUse, CancellationToken cancellationToken);
}
