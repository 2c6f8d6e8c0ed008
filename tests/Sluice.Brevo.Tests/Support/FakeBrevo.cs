using System.Net;
using System.Text;

namespace Sluice.Brevo.Tests;

/// <summary>Stands in Brevo's place behind the HttpClient: answers what it was told, in order, and keeps what it was sent.</summary>
internal sealed class FakeBrevo : HttpMessageHandler
{
    public const string Key = "xkeysib-test-0123456789abcdef";

    private HttpRequestException? _refusal;
    private readonly Queue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = new();

    public List<string> Requests { get; } = [];

    public RecordingGate Gate { get; } = new();

    public ManualTime Time { get; } = new();

    public BrevoClient Client(Uri? baseAddress = null) => new(
        new HttpClient(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
        Options(baseAddress),
        Gate);

    public BrevoClientOptions Options(Uri? baseAddress = null) => new()
    {
        ApiKey = new BrevoApiKey(Key),
        UserAgent = "tests/1",
        TimeProvider = Time,
        BaseAddress = baseAddress ?? BrevoClientOptions.DefaultBaseAddress,
    };

    public FakeBrevo Answer(int status, string? body = null, params (string Name, string Value)[] headers) =>
        Answer((_, _) =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? "")) };
            foreach (var (name, value) in headers)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }

            return Task.FromResult(response);
        });

    public FakeBrevo Answer(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    /// <summary>Takes the whole request and then waits until it is cancelled.</summary>
    public FakeBrevo Hang() =>
        Answer(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("An infinite wait ended.");
        });

    /// <summary>Takes the whole request and then fails.</summary>
    public FakeBrevo Fail(Exception failure) => Answer((_, _) => Task.FromException<HttpResponseMessage>(failure));

    /// <summary>Fails before the request is taken.</summary>
    public FakeBrevo Refuse(HttpRequestError error)
    {
        _answers.Enqueue(null!);
        _refusal = new HttpRequestException(error, "refused");
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = _answers.Dequeue();
        if (answer is null)
        {
            throw _refusal!;
        }

        Requests.Add(await RenderAsync(request, cancellationToken));
        return await answer(request, cancellationToken);
    }

    private static async Task<string> RenderAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Asking for the length is what makes the content-length header, as the transport does.
        var declared = request.Content?.Headers.ContentLength;
        var text = new StringBuilder();
        text.Append(request.Method).Append(' ').Append(request.RequestUri!.AbsoluteUri);
        var headers = request.Headers.Concat(request.Content?.Headers.ToArray() ?? []);
        foreach (var header in headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            text.Append('\n').Append(header.Key.ToLowerInvariant()).Append(": ").AppendJoin(", ", header.Value);
        }

        if (request.Content is { } content)
        {
            var body = await content.ReadAsByteArrayAsync(cancellationToken);
            Assert.Equal(declared, body.Length);
            text.Append("\n\n").Append(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body));
        }

        return text.ToString();
    }
}
