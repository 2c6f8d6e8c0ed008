using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>What a book answered: one permit a limit, or when to ask again.</summary>
/// <param name="Wait">Without permits: how long nothing will be free, as far as is known.</param>
/// <param name="Cause">Without permits: what is waited for.</param>
/// <param name="OnPlace">Without permits: all places are taken, and one is free when a call ends.</param>
internal readonly record struct BookAnswer(IReadOnlyList<Permit>? Permits, TimeSpan Wait, WaitCause Cause, bool OnPlace);

/// <summary>
/// The state of one budget of one Mixpanel project: a book for each of its limits, and what is kept for jobs. Pure, without a clock; read, changed and
/// written back under one lock, so that a call gets all of its permits or none.
/// </summary>
internal sealed partial class MixpanelBook
{
    private const byte Version = 1;

    private readonly IReadOnlyList<MixpanelLimit> _limits;
    private readonly List<PermitBook> _books = [];
    private readonly List<MixpanelReservation> _reservations = [];

    private MixpanelBook(IReadOnlyList<MixpanelLimit> limits) => _limits = limits;

    public static MixpanelBook Open(byte[]? stored, IReadOnlyList<MixpanelLimit> limits, DateTimeOffset now, Func<ulong> newId)
    {
        var book = new MixpanelBook(limits);
        if (stored is null)
        {
            book._books.AddRange(limits.Select(l => new PermitBook(newId(), [l.Window])));
        }
        else
        {
            book.Read(stored);
            foreach (var (part, limit) in book._books.Zip(limits))
            {
                part.Publish([limit.Window], now);
            }
        }

        book._reservations.RemoveAll(r => r.Until <= now || r.Calls == 0);
        book.ForgetTurns(now);
        return book;
    }

    /// <summary>Asks for one call.</summary>
    /// <param name="reach">By when the call has reached Mixpanel, which counts it then.</param>
    /// <param name="length">By when it is over.</param>
    public BookAnswer Take(DateTimeOffset now, TimeSpan reach, TimeSpan length, MixpanelCaller caller)
    {
        var permits = new List<Permit>(_books.Count);
        for (var i = 0; i < _books.Count; i++)
        {
            var until = now + (_limits[i].Kind == MixpanelLimitKind.AtOnce ? length : reach);
            var result = _books[i].Take(now, until, 1, Kept(_limits[i], caller));
            if (result.Permit is { } permit)
            {
                permits.Add(permit);
                continue;
            }

            for (var taken = 0; taken < i; taken++)
            {
                _books[taken].Return(permits[taken], 1);
            }

            return new BookAnswer(null, Sooner(result.NotBefore - now, _limits[i], caller, now), result.Cause, _limits[i].Kind == MixpanelLimitKind.AtOnce);
        }

        Reserved(caller, -1);
        TakeTurn(caller, now);
        return new BookAnswer(permits, TimeSpan.Zero, WaitCause.None, OnPlace: false);
    }

    /// <summary>Gives back a call that was not made after all.</summary>
    public void Return(IReadOnlyList<Permit> permits, MixpanelCaller caller)
    {
        for (var i = 0; i < Math.Min(_books.Count, permits.Count); i++)
        {
            _books[i].Return(permits[i], 1);
        }

        Reserved(caller, 1);
        GiveTurnBack(caller);
    }

    /// <summary>A call is over.</summary>
    /// <param name="hold">For how long Mixpanel refuses further ones.</param>
    /// <param name="mayRunFor">How long Mixpanel may still be at it, though nobody waits for the answer any more: so long its place stays taken.</param>
    public void Complete(IReadOnlyList<Permit> permits, DateTimeOffset now, TimeSpan? hold, TimeSpan mayRunFor = default)
    {
        for (var i = 0; i < Math.Min(_books.Count, permits.Count); i++)
        {
            // By its deadline the call was with Mixpanel, and was counted then: how long the answer took to read changes nothing of that.
            if (now <= permits[i].Deadline)
            {
                var end = _limits[i].Kind == MixpanelLimitKind.AtOnce ? now + mayRunFor : now;
                _books[i].Complete(permits[i], end < permits[i].Deadline ? end : permits[i].Deadline, reading: null);
            }

            if (hold is { } time && _limits[i].Kind != MixpanelLimitKind.AtOnce)
            {
                _books[i].BlockUntil(now + time);
            }
        }
    }

    /// <summary>Keeps calls for a job, in place of what was kept for it before.</summary>
    /// <returns>How many: what is free now, without people's share and what other jobs have.</returns>
    public int Reserve(string job, int calls, DateTimeOffset now, DateTimeOffset until)
    {
        Release(job);
        var hourly = _limits.FirstOrDefault(l => l.Kind == MixpanelLimitKind.Hourly);
        var kept = hourly is null ? 0 : Math.Clamp(FreeOfHour(now) - hourly.Share - _reservations.Sum(r => r.Calls), 0, calls);
        if (kept > 0)
        {
            _reservations.Add(new MixpanelReservation(job, kept, until));
        }

        return kept;
    }

    public void Release(string job)
    {
        _reservations.RemoveAll(r => r.Job == job);
        _turns.RemoveAll(t => t.Job == job);
    }

    /// <summary>How many calls the scarcest window has room for, whoever they are kept for.</summary>
    public int FreeOfHour(DateTimeOffset now) => _books[0].Usage(now)[0].Free;

    public MixpanelBudgetReading Usage(MixpanelBudget budget, DateTimeOffset now)
    {
        var usage = _books.ConvertAll(b => b.Usage(now)[0]);
        var scarce = usage[0];
        var reserved = KeptForOthers(null);
        var left = Math.Max(0, FreeOfHour(now) - reserved);
        var held = _books.Max(b => b.BlockedUntil);
        return new MixpanelBudgetReading(
            budget, scarce.Window.Limit, left, reserved, Running(usage), MoreAt(_books[0], scarce, now), held);
    }

    public byte[] Write()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(Version);
        writer.Write7BitEncodedInt(_books.Count);
        foreach (var book in _books)
        {
            var bytes = book.Write();
            writer.Write7BitEncodedInt(bytes.Length);
            writer.Write(bytes);
        }

        WriteReservations(writer, _reservations);
        WriteTurns(writer);
        writer.Flush();
        return memory.ToArray();
    }

    /// <summary>When one more is free than now: the time at which somebody would be let through who leaves as many as there are.</summary>
    public static DateTimeOffset? MoreAt(PermitBook book, WindowUsage usage, DateTimeOffset now)
    {
        var occupied = usage.Answered + usage.InFlight;
        return occupied == 0
            ? null
            : PermitBook.Read(book.Write()).Take(now, now + TimeSpan.FromSeconds(1), 1, Math.Max(0, usage.Window.Limit - occupied)).NotBefore;
    }

    /// <summary>Calls without an answer, and those whose places are taken although nobody waits for them any more.</summary>
    private int Running(List<WindowUsage> usage) =>
        usage.Zip(_limits, (u, limit) => u.InFlight + (limit.Kind == MixpanelLimitKind.AtOnce ? u.Answered : 0)).Max();

    private void Read(byte[] stored)
    {
        using var reader = new BinaryReader(new MemoryStream(stored, writable: false));
        if (reader.ReadByte() is not Version and var version)
        {
            throw new InvalidDataException($"The book of Mixpanel's budget has version {version}; this program reads version {Version}.");
        }

        if (reader.Read7BitEncodedInt() != _limits.Count)
        {
            throw new InvalidDataException("The book of Mixpanel's budget has other limits than this program knows.");
        }

        for (var i = 0; i < _limits.Count; i++)
        {
            _books.Add(PermitBook.Read(reader.ReadBytes(reader.Read7BitEncodedInt())));
        }

        ReadReservations(reader, _reservations);
        ReadTurns(reader);
    }

    /// <summary>How much of a limit stays free for others.</summary>
    private int Kept(MixpanelLimit limit, MixpanelCaller caller)
    {
        var isHourly = limit.Kind == MixpanelLimitKind.Hourly;

        // Whoever has a turn has been counted beside people's share already.
        return (isHourly ? KeptForOthers(caller.Reservation) : 0) + (caller.IsJob && !(isHourly && HasTurn(limit, caller)) ? limit.Share : 0);
    }

    private void Reserved(MixpanelCaller caller, int change)
    {
        var index = caller.Reservation is null ? -1 : _reservations.FindIndex(r => r.Job == caller.Reservation);
        if (index >= 0)
        {
            _reservations[index] = _reservations[index] with { Calls = _reservations[index].Calls + change };
        }
    }
}
