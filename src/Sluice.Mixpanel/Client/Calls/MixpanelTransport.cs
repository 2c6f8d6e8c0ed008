namespace Sluice.Mixpanel.Client;

/// <summary>Makes one call: gate, credentials, deadline, request, answer, permit. The only place that does.</summary>
internal sealed class MixpanelTransport
{
    // More than any sentence about a failure.
    private const int MaxErrorBytes = 64 * 1024;

    private readonly HttpClient _http;
    private readonly MixpanelClientOptions _options;
    private readonly IMixpanelGate _gate;

    public MixpanelTransport(HttpClient http, MixpanelClientOptions options, IMixpanelGate? gate)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _http = http;
        _options = options;
        _gate = gate ?? OpenGate.Instance;
    }

    public MixpanelClientOptions Options => _options;

    /// <summary>Calls and reads the whole answer, within the deadline; of a refusal as much as a sentence needs.</summary>
    /// <exception cref="MixpanelException">There was no answer, or it is larger than what is read into memory.</exception>
    public async Task<MixpanelAnswer> SendAsync(MixpanelRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        var exchange = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
        await using (exchange.ConfigureAwait(false))
        {
            var whole = exchange.IsSuccess || request.RefusalsCount;
            var body = await exchange.ReadAllAsync(whole ? maxBytes : MaxErrorBytes, whole).ConfigureAwait(false);
            return new MixpanelAnswer(exchange.Status, exchange.ContentType, body, exchange.RetryAfter);
        }
    }

    /// <summary>The same, where anything but a success is a failure.</summary>
    /// <exception cref="MixpanelException">There was no success.</exception>
    public async Task<MixpanelAnswer> ReadAsync(MixpanelRequest request, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(request, _options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return answer.Status is >= 200 and < 300 ? answer : throw MixpanelFailures.Of(request.Call.Budget, answer.Status, answer.Body.Span, answer.RetryAfter);
    }

    /// <summary>Calls and gives a success as a stream; its permit is completed when it is disposed.</summary>
    /// <exception cref="MixpanelException">There was no success.</exception>
    public async Task<MixpanelExchange> StreamAsync(MixpanelRequest request, CancellationToken cancellationToken)
    {
        var exchange = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
        if (exchange.IsSuccess)
        {
            exchange.BecomeStream();
            return exchange;
        }

        await using (exchange.ConfigureAwait(false))
        {
            throw await FailureAsync(request, exchange).ConfigureAwait(false);
        }
    }

    /// <summary>Calls and gives the answer as a stream, whatever its status.</summary>
    /// <exception cref="MixpanelException">There was no answer.</exception>
    public async Task<MixpanelExchange> StreamAnyAsync(MixpanelRequest request, CancellationToken cancellationToken)
    {
        var exchange = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
        exchange.BecomeStream();
        return exchange;
    }

    private static async Task<MixpanelException> FailureAsync(MixpanelRequest request, MixpanelExchange exchange)
    {
        var body = await exchange.ReadAllAsync(MaxErrorBytes, whole: false).ConfigureAwait(false);
        return MixpanelFailures.Of(request.Call.Budget, exchange.Status, body.Span, exchange.RetryAfter);
    }

    /// <summary>The answer as soon as it begins. A token that no longer opens anything is renewed, and the call made once more: a 401 has done nothing.</summary>
    private async Task<MixpanelExchange> OpenAsync(MixpanelRequest request, CancellationToken cancellationToken)
    {
        var exchange = await OnceAsync(request, cancellationToken).ConfigureAwait(false);
        if (exchange is not { Status: 401, Token: { } refused })
        {
            return exchange;
        }

        try
        {
            if (!await _options.Credentials.Tokens!.RenewAsync(refused, cancellationToken).ConfigureAwait(false))
            {
                return exchange;
            }
        }
        catch
        {
            await exchange.AbandonAsync().ConfigureAwait(false);
            throw;
        }

        await exchange.DisposeAsync().ConfigureAwait(false);
        return await OnceAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<MixpanelExchange> OnceAsync(MixpanelRequest request, CancellationToken cancellationToken)
    {
        var permit = await _gate.EnterAsync(request.Call, cancellationToken).ConfigureAwait(false);
        var exchange = new MixpanelExchange(permit, request.Deadline, _options, cancellationToken);
        try
        {
            await exchange.BeginAsync(_http, request).ConfigureAwait(false);
            return exchange;
        }
        catch
        {
            await exchange.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }
}
