namespace Sluice.Server.Hosting;

/// <summary>The certificate cannot be used, so the server does not start.</summary>
public sealed class TlsCertificateException : Exception
{
    public TlsCertificateException()
        : this("The certificate cannot be used.")
    {
    }

    public TlsCertificateException(string message)
        : base(message)
    {
    }

    public TlsCertificateException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
