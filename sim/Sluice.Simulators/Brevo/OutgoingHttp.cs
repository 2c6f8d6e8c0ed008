using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Simulators.Brevo;

/// <summary>The calls that Brevo makes to others: webhooks, notifications, import files.</summary>
internal sealed class OutgoingHttp : IDisposable
{
    private readonly BrevoAccount _account;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _slots = new(8);
    private readonly CancellationTokenSource _stopping = new();

    public OutgoingHttp(BrevoAccount account)
    {
        _account = account;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("BrevoSimulator/1.0");
    }

    public WorkInFlight InFlight { get; } = new();

    /// <summary>Downloads a file; the continuation runs under the account's lock and gets null when it could not be had.</summary>
    public void Fetch(Uri url, Action<byte[]?> then) => Start(async cancellationToken =>
    {
        byte[]? content = null;
        try
        {
            using var response = await _client.GetAsync(url, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            }
        }
        catch (HttpRequestException)
        {
            // The process fails; what stands in the way is the owner's to find out.
        }

        lock (_account.Gate)
        {
            then(content);
        }
    });

    /// <summary>Calls a notification address once and takes any answer.</summary>
    public void Notify(Uri url, byte[] body) => Send(url, [], body, _ => { });

    /// <summary>Posts JSON; the continuation runs under the account's lock and gets the status, or 0 when there was no answer in time.</summary>
    public void Send(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, byte[] body, Action<int> then) =>
        Start(async cancellationToken =>
        {
            var status = await PostAsync(url, headers, body, cancellationToken);
            lock (_account.Gate)
            {
                then(status);
            }
        });

    public void Dispose()
    {
        _stopping.Cancel();
        _client.Dispose();
        _stopping.Dispose();
    }

    private void Start(Func<CancellationToken, Task> work)
    {
        InFlight.Begin();
        var cancellationToken = _stopping.Token;
        _ = Task.Run(
            async () =>
            {
                try
                {
                    await _slots.WaitAsync(cancellationToken);
                    try
                    {
                        await work(cancellationToken);
                    }
                    finally
                    {
                        _slots.Release();
                    }
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    // The simulator stops; nothing of it survives.
                }
                finally
                {
                    InFlight.End();
                }
            },
            CancellationToken.None);
    }

    private async Task<int> PostAsync(
        Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, byte[] body, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_account.Options.WebhookTimeout, _account.Options.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, WithoutUserInfo(url));
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (url.UserInfo.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await _client.SendAsync(request, both.Token);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static Uri WithoutUserInfo(Uri url) => new UriBuilder(url) { UserName = "", Password = "" }.Uri;
}
