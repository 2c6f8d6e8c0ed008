namespace Sluice.Simulators.Brevo;

/// <summary>All processes of the account, and the one lane that imports go through.</summary>
internal sealed class ProcessBoard(BrevoAccount account)
{
    private readonly SortedDictionary<long, SimProcess> _all = [];
    private readonly Queue<ImportJob> _queue = new();
    private ImportJob? _running;
    private long _lastId;

    public IReadOnlyCollection<SimProcess> All => _all.Values;

    public SimProcess? Find(long id) => _all.GetValueOrDefault(id);

    /// <summary>Starts something that is not an import; several run side by side.</summary>
    public SimProcess Run(string name, Action<SimProcess> work, Uri? notifyUrl = null)
    {
        var process = Add(name, isImport: false);
        process.Status = "in_process";
        process.StartedAt = process.CreatedAt;
        account.Schedule.After(account.Options.ProcessTime, () =>
        {
            work(process);
            End(process, "completed", notifyUrl);
        });
        return process;
    }

    /// <summary>Queues an import. Only one is in process at any time; the others wait in order.</summary>
    public SimProcess Import(ImportRequest request)
    {
        var job = new ImportJob(Add("IMPORTUSER", isImport: true), request);
        _queue.Enqueue(job);
        account.Schedule.After(account.Options.ImportQueueTime, () =>
        {
            job.Ready = true;
            StartNext();
        });
        return job.Process;
    }

    private void StartNext()
    {
        if (_running is not null || !_queue.TryPeek(out var job) || !job.Ready)
        {
            return;
        }

        _running = _queue.Dequeue();
        job.Process.Status = "in_process";
        job.Process.StartedAt = account.Now;
        if (job.Request.FileUrl is { } url)
        {
            account.Http.Fetch(url, content => Work(job, content is null ? null : ImportRows.FromFile(url, content)));
        }
        else
        {
            Work(job, job.Request.Rows);
        }
    }

    private void Work(ImportJob job, ImportRows? rows)
    {
        if (rows is null)
        {
            Finish(job, () => Fail(job.Process, "File could not be read"));
            return;
        }

        job.Process.Rows = rows.Count;
        var fault = job.Request.Fault;
        if (fault is { Kind: BrevoFaultKind.ImportStalls, Duration: null })
        {
            return;
        }

        var duration = account.Options.ImportBaseTime + (account.Options.ImportTimePerRow * rows.Count);
        if (fault is { Kind: BrevoFaultKind.ImportStalls, Duration: { } stall })
        {
            duration += stall;
        }

        account.Schedule.After(duration, () => Finish(job, () =>
        {
            if (fault is { Kind: BrevoFaultKind.ImportFails })
            {
                Fail(job.Process, fault.Body);
            }
            else
            {
                job.Process.ImportFiles = new ImportRun(account, job.Request, job.Process.Id).Apply(rows);
                End(job.Process, "completed", job.Request.NotifyUrl);
            }
        }));

        void Fail(SimProcess process, string error)
        {
            process.Error = error;
            End(process, "failed", job.Request.NotifyUrl);
        }
    }

    private void Finish(ImportJob job, Action end)
    {
        if (ReferenceEquals(_running, job))
        {
            end();
            _running = null;
            StartNext();
        }
    }

    private void End(SimProcess process, string status, Uri? notifyUrl)
    {
        process.Status = status;
        process.EndedAt = account.Now;
        if (notifyUrl is not null)
        {
            account.Http.Notify(notifyUrl, ProcessEndpoints.NotifyBody(process));
        }
    }

    private SimProcess Add(string name, bool isImport)
    {
        var process = new SimProcess(++_lastId, name) { IsImport = isImport, CreatedAt = account.Now };
        _all.Add(process.Id, process);
        return process;
    }

    private sealed class ImportJob(SimProcess process, ImportRequest request)
    {
        public SimProcess Process => process;

        public ImportRequest Request => request;

        public bool Ready { get; set; }
    }
}
