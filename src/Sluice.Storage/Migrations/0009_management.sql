-- Rises with every change of the project's keys and connectors: nodes look at it to notice what another one did.
ALTER TABLE project ADD COLUMN revision bigint NOT NULL DEFAULT 0;

-- The live secret keys of a project, as hashes. project.secret_hash is one of them. own: made by the management API.
CREATE TABLE project_key (
    project text NOT NULL,
    secret_hash bytea NOT NULL,
    own smallint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (project, secret_hash)
) {rows};

INSERT INTO project_key (project, secret_hash, own, created_at) SELECT project, secret_hash, 0, created_at FROM project;

-- What was connected by the management API. content: the credentials, encrypted; null where they are not, or no longer, kept.
-- account: whose they were, which outlives them: what is known of the other side holds for that account alone.
CREATE TABLE connector (
    project text NOT NULL,
    name text NOT NULL,
    content bytea NULL,
    account text NULL,
    paused smallint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, name)
) {rows};

-- Calls under an idempotency key. status is null while the first call is at work.
CREATE TABLE repeated_call (
    project text NOT NULL,
    repeat_key text NOT NULL,
    request bytea NOT NULL,
    status int NULL,
    body text NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (project, repeat_key)
) {rows};

CREATE INDEX repeated_call_age ON repeated_call (project, created_at);

-- Pages through what a project has gathered, newest first.
CREATE INDEX run_newest ON run (project, started_at, run);
CREATE INDEX dead_letter_newest ON dead_letter (project, created_at, letter);
CREATE INDEX suppression_newest ON suppression (project, created_at, subject, list);
