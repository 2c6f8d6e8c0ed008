-- Fetching from Mixpanel. place: where a job stands, as JSON that only the job understands; no one's data. run to note: the run that goes
-- on or the last one, ended_at null while it goes on; it stands in the table run as well, where it is cleared after a while.
CREATE TABLE pull_job (
    project text NOT NULL,
    job text NOT NULL,
    due_at bigint NOT NULL,
    place text NULL,
    run text NULL,
    started_at bigint NULL,
    ended_at bigint NULL,
    counts text NULL,
    error text NULL,
    note text NULL,
    PRIMARY KEY (project, job)
);
