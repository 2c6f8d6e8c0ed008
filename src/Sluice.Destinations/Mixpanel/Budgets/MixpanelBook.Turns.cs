namespace Sluice.Destinations.Mixpanel.Budgets;

/// <content>
/// Turns: calls that a job will make and that need not be free yet. Whoever takes every call the moment it is free would otherwise leave nothing to who has to wait for one.
/// Of an hour jobs have all but people's share: what they have had, and what they have turns for, is never more; so people come to theirs, whatever jobs want.
/// </content>
internal sealed partial class MixpanelBook
{
    private readonly List<MixpanelReservation> _turns = [];

    // When jobs' calls of the last hour were granted.
    private readonly List<DateTimeOffset> _jobCalls = [];

    /// <summary>Gives a job turns, in place of those that it had.</summary>
    /// <returns>How many of its calls it can make now.</returns>
    public int Expect(string job, int calls, DateTimeOffset now, DateTimeOffset until)
    {
        _turns.RemoveAll(t => t.Job == job);
        if (_limits.FirstOrDefault(l => l.Kind == MixpanelLimitKind.Hourly) is not { } hourly)
        {
            return calls;
        }

        if (calls > 0)
        {
            _turns.Add(new MixpanelReservation(job, calls, until));
        }

        var reserved = _reservations.Find(r => r.Job == job).Calls;
        return Math.Max(reserved, Math.Clamp(FreeOfHour(now) - KeptForOthers(job), 0, Turns(hourly).FirstOrDefault(t => t.Job == job).Calls));
    }

    /// <summary>The turns that count now: whatever jobs want, no more than they have not had of their part of the hour. One comes with each call of theirs that is an hour old.</summary>
    private List<MixpanelReservation> Turns(MixpanelLimit hourly)
    {
        var left = Math.Max(0, hourly.Window.Limit - hourly.Share - _jobCalls.Count);
        return _turns.ConvertAll(turn =>
        {
            var now = Math.Min(left, turn.Calls);
            left -= now;
            return turn with { Calls = now };
        });
    }

    /// <summary>How many calls of the hour are not for whoever asks under this name.</summary>
    private int KeptForOthers(string? job) =>
        (_limits.FirstOrDefault(l => l.Kind == MixpanelLimitKind.Hourly) is { } hourly ? _reservations.Concat(Turns(hourly)) : _reservations)
            .Where(r => r.Job != job).GroupBy(r => r.Job, StringComparer.Ordinal).Sum(g => g.Max(r => r.Calls));

    private bool HasTurn(MixpanelLimit hourly, MixpanelCaller caller) => caller.Reservation is { } job && Turns(hourly).Exists(t => t.Job == job && t.Calls > 0);

    /// <summary>How long a caller who was refused waits: whoever expects calls gets a turn when one of jobs' calls is an hour old, which may be sooner.</summary>
    private TimeSpan Sooner(TimeSpan wait, MixpanelLimit limit, MixpanelCaller caller, DateTimeOffset now)
    {
        if (limit.Kind != MixpanelLimitKind.Hourly || _jobCalls.Count == 0 || caller.Reservation is not { } job || !_turns.Exists(t => t.Job == job) || HasTurn(limit, caller))
        {
            return wait;
        }

        var turn = _jobCalls.Min() + limit.Window.Length - now;
        return turn < wait ? turn : wait;
    }

    private void TakeTurn(MixpanelCaller caller, DateTimeOffset now)
    {
        if (caller.IsJob)
        {
            _jobCalls.Add(now);
            ChangeTurn(caller, -1);
        }
    }

    private void GiveTurnBack(MixpanelCaller caller)
    {
        if (caller.IsJob && _jobCalls.Count > 0)
        {
            _jobCalls.RemoveAt(_jobCalls.Count - 1);
            ChangeTurn(caller, 1);
        }
    }

    private void ChangeTurn(MixpanelCaller caller, int change)
    {
        var index = _turns.FindIndex(t => t.Job == caller.Reservation);
        if (index >= 0)
        {
            _turns[index] = _turns[index] with { Calls = Math.Max(0, _turns[index].Calls + change) };
        }
    }

    private void ForgetTurns(DateTimeOffset now)
    {
        _turns.RemoveAll(t => t.Until <= now || t.Calls == 0);
        if (_limits.FirstOrDefault(l => l.Kind == MixpanelLimitKind.Hourly) is { } hourly)
        {
            _jobCalls.RemoveAll(t => t <= now - hourly.Window.Length);
        }
        else
        {
            _jobCalls.Clear();
        }
    }

    private void WriteTurns(BinaryWriter writer)
    {
        WriteReservations(writer, _turns);
        writer.Write7BitEncodedInt(_jobCalls.Count);
        _jobCalls.ForEach(t => writer.Write(t.UtcTicks));
    }

    private void ReadTurns(BinaryReader reader)
    {
        if (reader.BaseStream.Position == reader.BaseStream.Length)
        {
            // Written before there were turns.
            return;
        }

        ReadReservations(reader, _turns);
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            _jobCalls.Add(new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero));
        }
    }

    private static void WriteReservations(BinaryWriter writer, List<MixpanelReservation> reservations)
    {
        writer.Write7BitEncodedInt(reservations.Count);
        foreach (var (job, calls, until) in reservations)
        {
            writer.Write(job);
            writer.Write7BitEncodedInt(calls);
            writer.Write(until.UtcTicks);
        }
    }

    private static void ReadReservations(BinaryReader reader, List<MixpanelReservation> reservations)
    {
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            reservations.Add(new MixpanelReservation(reader.ReadString(), reader.Read7BitEncodedInt(), new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero)));
        }
    }
}
