namespace Sluice.Brevo;

/// <summary>What a <see cref="BrevoClient"/> needs to know. A new instance with a key holds the recommended values.</summary>
public sealed class BrevoClientOptions
{
    /// <summary>The address of Brevo's API v3. There is one host for every region.</summary>
    /// <value><c>https://api.brevo.com/v3</c></value>
    public static readonly Uri DefaultBaseAddress = new("https://api.brevo.com/v3");

    /// <summary>The API key of the account.</summary>
    public required BrevoApiKey ApiKey { get; init; }

    /// <summary>The address under which the API is found, with its version. A slash at its end makes no difference.</summary>
    /// <value>
    /// Default <see cref="DefaultBaseAddress"/>. Must be absolute and <c>https</c>; plain <c>http</c> is accepted for loopback addresses,
    /// and elsewhere only with <see cref="AllowPlainHttp"/>.
    /// </value>
    public Uri BaseAddress { get; init; } = DefaultBaseAddress;

    /// <summary>Whether the key may be sent unencrypted to an address that is not loopback.</summary>
    /// <value>Default <see langword="false"/>. For a test double in another container; never for Brevo.</value>
    public bool AllowPlainHttp { get; init; }

    /// <summary>The <c>user-agent</c> header.</summary>
    /// <value>Default <c>Sluice.Brevo/</c> and the version of this library. Must be a well-formed header value.</value>
    public string UserAgent { get; init; } = "Sluice.Brevo/" + (typeof(BrevoClientOptions).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>How long one call may take, from the moment the gate let it pass to the last byte of the answer.</summary>
    /// <value>Default 60 seconds. Must be positive.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for <see cref="BrevoClient.ImportContactsAsync"/>, whose bodies are large.</summary>
    /// <value>Default 120 seconds. Must be positive.</value>
    public TimeSpan ImportTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The same for <see cref="BrevoClient.DownloadAsync"/>, whose files may be hundreds of megabytes.</summary>
    /// <value>Default 10 minutes. Must be positive.</value>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The largest JSON answer that is read into memory, in bytes. A larger one is a <see cref="BrevoProtocolException"/>.
    /// </summary>
    /// <value>Default 67,108,864 (64 MiB). Must be positive.</value>
    public int MaxResponseBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The clock that deadlines are counted on.</summary>
    /// <value>Default <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Names the address and nothing secret.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"BrevoClientOptions {{ BaseAddress = {BaseAddress?.GetLeftPart(UriPartial.Path)} }}";

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(ApiKey);
        ArgumentNullException.ThrowIfNull(BaseAddress);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentException.ThrowIfNullOrWhiteSpace(UserAgent);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ImportTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DownloadTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxResponseBytes);

        if (!BaseAddress.IsAbsoluteUri || BaseAddress.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException("BaseAddress must be an absolute http or https address.", nameof(BaseAddress));
        }

        if (BaseAddress.Query.Length > 0 || BaseAddress.Fragment.Length > 0 || BaseAddress.UserInfo.Length > 0)
        {
            throw new ArgumentException("BaseAddress must have no query, fragment or credentials.", nameof(BaseAddress));
        }

        if (BaseAddress.Scheme == "http" && !BaseAddress.IsLoopback && !AllowPlainHttp)
        {
            throw new ArgumentException("BaseAddress must be https: the API key travels in a header.", nameof(BaseAddress));
        }
    }
}
