using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>
/// Answers identical questions once: those that come while the first is under way wait for its answer, and for a short time a success is given
/// again. Of one project and one set of credentials.
/// </summary>
/// <param name="keep">How long a success is given again.</param>
/// <param name="maxBytes">The most that is kept; the oldest goes first, and an answer larger than an eighth of it is not kept.</param>
internal sealed class AnswerCache(TimeSpan keep, long maxBytes, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Flight> _flights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkedListNode<Kept>> _kept = new(StringComparer.Ordinal);
    private readonly LinkedList<Kept> _byAge = [];
    private long _bytes;

    /// <summary>The bytes that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The answer to a question: a kept one, that of somebody who asks the same, or a new one.</summary>
    /// <param name="ask">Asks. It is cancelled only when nobody waits for the answer any more.</param>
    public async Task<MixpanelRawAnswer> GetAsync(string key, Func<CancellationToken, Task<MixpanelRawAnswer>> ask, CancellationToken cancellationToken)
    {
        Flight? flight;
        lock (_lock)
        {
            Forget();
            if (_kept.TryGetValue(key, out var kept))
            {
                return kept.Value.Answer;
            }

            if (!_flights.TryGetValue(key, out flight))
            {
                _flights[key] = flight = new Flight();
                flight.Answer = RunAsync(key, flight, ask);
            }

            flight.Waiting++;
        }

        try
        {
            return await flight.Answer.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private async Task<MixpanelRawAnswer> RunAsync(string key, Flight flight, Func<CancellationToken, Task<MixpanelRawAnswer>> ask)
    {
        // Not under the lock of who came first.
        await Task.Yield();
        try
        {
            var answer = await ask(flight.Stop.Token);
            lock (_lock)
            {
                Keep(key, answer);
            }

            return answer;
        }
        finally
        {
            lock (_lock)
            {
                Remove(key, flight);
                flight.IsOver = true;
            }
        }
    }

    private void Leave(string key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Waiting > 0 || flight.IsOver)
            {
                return;
            }

            // Whoever asks from now on asks anew.
            Remove(key, flight);
        }

        flight.Stop.Cancel();
    }

    private void Remove(string key, Flight flight)
    {
        if (_flights.GetValueOrDefault(key) == flight)
        {
            _flights.Remove(key);
        }
    }

    private void Keep(string key, MixpanelRawAnswer answer)
    {
        if (answer.Status != 200 || answer.Body.Length > maxBytes / 8 || _kept.ContainsKey(key))
        {
            return;
        }

        _kept[key] = _byAge.AddLast(new Kept(key, answer, time.GetTimestamp()));
        _bytes += answer.Body.Length;
        Forget();
    }

    private void Forget()
    {
        while (_byAge.First is { } oldest && (_bytes > maxBytes || time.GetElapsedTime(oldest.Value.Since) >= keep))
        {
            _byAge.RemoveFirst();
            _kept.Remove(oldest.Value.Key);
            _bytes -= oldest.Value.Answer.Body.Length;
        }
    }

    private sealed record Kept(string Key, MixpanelRawAnswer Answer, long Since);

    private sealed class Flight
    {
        public CancellationTokenSource Stop { get; } = new();

        public Task<MixpanelRawAnswer> Answer { get; set; } = null!;

        public int Waiting { get; set; }

        public bool IsOver { get; set; }
    }
}
