using System.Collections.Concurrent;
using System.Globalization;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>
/// The sending side of Mixpanel's cohort sync to a custom webhook: a project with profiles and cohorts, which calls the webhook as Mixpanel
/// does and reacts to the answers as
/// Mixpanel does. Safe for use from several threads.
/// </summary>
/// <remarks>
/// Disposing it cancels what is under way. On virtual time: arrange, <see cref="WaitUntilQuietAsync"/>, move the clock to
/// <see cref="NextActivityAt"/>, and again.
/// </remarks>
public sealed class CohortSyncSimulator : IAsyncDisposable
{
    /// <summary>How many recurring syncs a project may have, over all its connections. One-time exports are not counted.</summary>
    public const int MaxRecurringSyncs = 60;

    /// <summary>How many users a cohort may have to be exported.</summary>
    public const int MaxUsersPerCohort = 10_000_000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly bool _ownsHttp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ClockActivity _activity;
    private readonly SyncJournal _journal;
    private readonly PageSender _sender;
    private readonly SyncRunner _runner;
    private readonly ConcurrentQueue<OutgoingPage> _kept = new();
    private readonly Dictionary<string, SimulatedCohort> _cohorts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CohortSync> _syncs = new(StringComparer.Ordinal);
    private readonly List<ConnectionPump> _pumps = [];
    private bool _disposed;

    /// <summary>Makes a project without cohorts.</summary>
    /// <param name="options">How it sends.</param>
    /// <param name="people">Its profiles.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="httpClient">What it sends with, for example one that trusts a test's certificate; it stays the caller's. Null makes one
    /// that follows no redirects.</param>
    public CohortSyncSimulator(CohortSyncOptions options, PersonDirectory people, TimeProvider time, HttpClient? httpClient = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MembersPerCall, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MembersPerCall, 10_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LogCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Interval, TimeSpan.Zero);
        RequireDigits(options.ProjectId, nameof(options));
        Options = options;
        People = people;
        _time = time;
        _ownsHttp = httpClient is null;
        _http = httpClient ?? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            // The timeout is the options', on the simulator's clock.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _activity = new ClockActivity(time);
        _journal = new SyncJournal(options.LogCapacity);
        _sender = new PageSender(_http, options, time, _journal, _activity);
        _runner = new SyncRunner(_gate, options, people, time, _sender, _journal, _kept);
    }

    /// <summary>How it sends.</summary>
    public CohortSyncOptions Options { get; }

    /// <summary>The project's profiles.</summary>
    public PersonDirectory People { get; }

    /// <summary>The newest requests, oldest first.</summary>
    public IReadOnlyList<SentRequest> Requests => _journal.Requests;

    /// <summary>The newest runs, oldest first.</summary>
    public IReadOnlyList<SyncRun> Runs => _journal.Runs;

    /// <summary>The newest departures of the receiver from the contract, oldest first.</summary>
    public IReadOnlyList<AnswerViolation> Violations => _journal.Violations;

    /// <summary>Counts since the start.</summary>
    public CohortSyncCounters Counters => _journal.Counters;

    /// <summary>All cohorts, by id.</summary>
    public IReadOnlyList<SimulatedCohort> Cohorts
    {
        get
        {
            lock (_gate)
            {
                return [.. _cohorts.Values.OrderBy(static cohort => cohort.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>All syncs, by cohort id.</summary>
    public IReadOnlyList<SyncStatus> Statuses
    {
        get
        {
            lock (_gate)
            {
                return [.. _syncs.Values.OrderBy(static sync => sync.Cohort.Id, StringComparer.Ordinal).Select(StatusOf)];
            }
        }
    }

    /// <summary>The earliest instant at which something will happen by itself: a run or a retry.</summary>
    public DateTimeOffset? NextActivityAt => _activity.NextAt;

    /// <summary>Sets a connection to a custom webhook up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="url">The webhook's address.</param>
    /// <param name="user">The user name of HTTP Basic; null for none.</param>
    /// <param name="password">The password.</param>
    public CohortConnection Connect(string name, Uri url, string? user = null, string? password = null)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var pump = new ConnectionPump(_gate, Options, _time, _runner, _activity, _stopping.Token);
            _pumps.Add(pump);
            return new CohortConnection(name, url, user, password) { Pump = pump };
        }
    }

    /// <summary>Saves a cohort.</summary>
    /// <param name="id">Its id, of digits.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">Its description, if any.</param>
    /// <param name="ofGroups">Whether it is a cohort of groups and not of users.</param>
    /// <exception cref="ArgumentException">The id is taken or not of digits.</exception>
    /// <exception cref="CohortSyncRefusedException">The plan is not a paid one.</exception>
    public SimulatedCohort AddCohort(string id, string name, string? description = null, bool ofGroups = false)
    {
        if (!Options.PaidPlan)
        {
            throw new CohortSyncRefusedException("Cohorts can be saved on a paid plan only.");
        }

        RequireDigits(id, nameof(id));
        var cohort = new SimulatedCohort(People, id, name, description, ofGroups);
        lock (_gate)
        {
            return _cohorts.TryAdd(id, cohort) ? cohort : throw new ArgumentException($"There is a cohort {id} already.", nameof(id));
        }
    }

    /// <summary>The cohort with this id.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public SimulatedCohort Cohort(string id)
    {
        lock (_gate)
        {
            return _cohorts.TryGetValue(id, out var cohort) ? cohort : throw new KeyNotFoundException($"There is no cohort {id}.");
        }
    }

    /// <summary>Begins to sync a cohort over a connection; with a schedule the first run is due at once.</summary>
    /// <param name="cohortId">The cohort.</param>
    /// <param name="connection">The connection, of this simulator.</param>
    /// <param name="kind">Recurring or one-time.</param>
    /// <param name="propertiesToExport">The raw names of the properties to export besides the automatic ones.</param>
    /// <exception cref="CohortSyncRefusedException">It is a cohort of groups or too large, it is synced already, or the project has its 60
    /// recurring syncs.</exception>
    public void StartSync(string cohortId, CohortConnection connection, SyncKind kind, params IEnumerable<string> propertiesToExport)
    {
        var cohort = Cohort(cohortId);
        if (cohort.OfGroups)
        {
            throw new CohortSyncRefusedException($"Cohort {cohortId} is one of groups; only users can be synced.");
        }

        if (cohort.Count > MaxUsersPerCohort)
        {
            throw new CohortSyncRefusedException(TooLarge(cohort));
        }

        lock (_gate)
        {
            if (connection.Pump is not { } pump || !_pumps.Contains(pump))
            {
                throw new ArgumentException("The connection belongs to another simulator.", nameof(connection));
            }

            if (_syncs.TryGetValue(cohortId, out var present) && present.State != SyncState.Finished)
            {
                throw new CohortSyncRefusedException($"Cohort {cohortId} is synced already.");
            }

            if (kind == SyncKind.Recurring && _syncs.Values.Count(static sync => sync.Kind == SyncKind.Recurring) >= MaxRecurringSyncs)
            {
                throw new CohortSyncRefusedException($"A project has at most {MaxRecurringSyncs} recurring cohort syncs.");
            }

            present?.Connection.Pump?.Remove(present);
            var sync = new CohortSync(cohort, connection, kind, [.. propertiesToExport])
            {
                NextRunAt = Options.RunOnSchedule ? _time.GetUtcNow() : null,
            };
            _syncs[cohortId] = sync;
            pump.Add(sync);
        }
    }

    /// <summary>Ends a sync and forgets its snapshot. A run under way goes on to its end.</summary>
    public void StopSync(string cohortId)
    {
        lock (_gate)
        {
            var sync = Find(cohortId);
            sync.NextRunAt = null;
            sync.Connection.Pump!.Remove(sync);
            _syncs.Remove(cohortId);
        }
    }

    /// <summary>
    /// Lets a paused sync run again, as a person does at Mixpanel; with a schedule it is due at once. A snapshot that is not too old still
    /// counts.
    /// </summary>
    public void Resume(string cohortId)
    {
        lock (_gate)
        {
            var sync = Find(cohortId);
            if (sync.State != SyncState.Paused)
            {
                return;
            }

            sync.State = SyncState.Active;
            sync.NextRunAt = Options.RunOnSchedule ? _time.GetUtcNow() : null;
            sync.Connection.Pump!.Wake();
        }
    }

    /// <summary>The state of a cohort's sync.</summary>
    /// <exception cref="KeyNotFoundException">The cohort is not synced.</exception>
    public SyncStatus Status(string cohortId)
    {
        lock (_gate)
        {
            return StatusOf(Find(cohortId));
        }
    }

    /// <summary>
    /// Runs a cohort's sync as soon as its connection is free, retries and their pauses included. The schedule's beat is not moved.
    /// </summary>
    /// <exception cref="InvalidOperationException">The sync is paused.</exception>
    /// <exception cref="KeyNotFoundException">The cohort is not synced.</exception>
    public async Task<SyncRun> RunNowAsync(string cohortId, CancellationToken cancellationToken = default)
    {
        Task<SyncRun> run;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var sync = Find(cohortId);
            if (sync.State == SyncState.Paused)
            {
                throw new InvalidOperationException($"The sync of cohort {cohortId} is paused: {sync.LastError}");
            }

            run = sync.Connection.Pump!.RequestRun(sync, cancellationToken);
        }

        return await run.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until nothing is left to do before the clock moves: no request under way, no run due.</summary>
    public Task WaitUntilQuietAsync(CancellationToken cancellationToken = default) => _activity.WaitUntilQuietAsync(cancellationToken);

    /// <summary>
    /// Gives a person another canonical distinct id, as merging identities does: the profile moves, and in every cohort the one id leaves
    /// and the other enters.
    /// </summary>
    /// <exception cref="KeyNotFoundException">The first id is unknown.</exception>
    public void ChangeDistinctId(string from, string to)
    {
        if (!People.TryGetNumber(from, out var old))
        {
            throw new KeyNotFoundException($"Nobody has the distinct id {from}.");
        }

        var number = People.Set(People[old] with { DistinctId = to });
        People.DeleteProfile(from);
        foreach (var cohort in Cohorts)
        {
            if (cohort.Remove(old))
            {
                cohort.Add(number);
            }
        }
    }

    /// <summary>
    /// The bodies that one action over the whole cohort would send now, made one by one as they are asked for. Nothing is sent and nothing
    /// is remembered.
    /// </summary>
    /// <param name="cohortId">The cohort; it need not be synced.</param>
    /// <param name="action">The action.</param>
    /// <param name="propertiesToExport">The raw names of the properties to export besides the automatic ones.</param>
    public IEnumerable<byte[]> PreparePages(string cohortId, SyncAction action, params IEnumerable<string> propertiesToExport)
    {
        return Prepare(Cohort(cohortId), action, [.. propertiesToExport]);
    }

    /// <summary>Lets something go wrong in a cohort's next run, in place of what was set before.</summary>
    public void InjectFaults(string cohortId, SyncFaults faults)
    {
        lock (_gate)
        {
            Find(cohortId).Faults = faults;
        }
    }

    /// <summary>
    /// Sends every copy that <see cref="SyncFaults.KeepCopyOfPage"/> kept, once and without retries, whatever else is under way. No sync
    /// takes notice of the answers.
    /// </summary>
    /// <returns>How many were sent.</returns>
    public async Task<int> SendKeptPagesAsync(CancellationToken cancellationToken = default)
    {
        var count = 0;
        while (_kept.TryDequeue(out var page))
        {
            await _sender.SendOnceAsync(page, SendKind.Late, attempt: 1, cancellationToken);
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(_pumps.Select(static pump => pump.Completion));
        _stopping.Dispose();
        if (_ownsHttp)
        {
            _http.Dispose();
        }
    }

    internal static string TooLarge(SimulatedCohort cohort) =>
        string.Create(
            CultureInfo.InvariantCulture, $"Cohort {cohort.Id} has {cohort.Count} users; at most {MaxUsersPerCohort} can be exported.");

    private static void RequireDigits(string id, string parameter)
    {
        if (id.Length == 0 || !id.All(char.IsAsciiDigit))
        {
            throw new ArgumentException($"An id of Mixpanel has decimal digits only, unlike '{id}'.", parameter);
        }
    }

    private IEnumerable<byte[]> Prepare(SimulatedCohort cohort, SyncAction action, string[] exported)
    {
        using var writer = new CohortPageWriter(Options, People, exported);
        var members = cohort.Snapshot();
        var starts = members.PageStarts(Options.MembersPerCall);
        var head = new PageHead(cohort.Id, cohort.Name, cohort.Description, action, Options.NewSessionId(), starts.Count, members);
        for (var page = 1; page <= starts.Count; page++)
        {
            yield return writer.Write(head, page, starts[page - 1], out _).ToArray();
        }
    }

    private CohortSync Find(string cohortId) =>
        _syncs.TryGetValue(cohortId, out var sync) ? sync : throw new KeyNotFoundException($"Cohort {cohortId} is not synced.");

    private static SyncStatus StatusOf(CohortSync sync) => new(
        sync.Cohort.Id, sync.Cohort.Name, sync.Connection.Name, sync.Kind, sync.State, sync.LastError,
        sync.NextRunAt, sync.SnapshotAt, sync.LastRun);
}
