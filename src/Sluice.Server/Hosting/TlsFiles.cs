namespace Sluice.Server.Hosting;

/// <summary>Where the certificate and its private key lie, both PEM.</summary>
/// <param name="CertificatePath">The server's certificate first, then the intermediate ones.</param>
/// <param name="KeyPath">The unencrypted private key.</param>
public sealed record TlsFiles(string CertificatePath, string KeyPath);
