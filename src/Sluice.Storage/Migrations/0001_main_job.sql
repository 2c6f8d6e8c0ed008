-- One text for both engines. Large tables carry shard (the first byte of the person's key on PostgreSQL, 0 on SQLite): it is
-- Citus' distribution column and stands in every key. Times are milliseconds since 1970 (UTC). Keys of people, e-mails and
-- phones are 128-bit hashes. {rows} becomes WITHOUT ROWID on SQLite, so that a table is its primary key's tree and nothing more.

CREATE TABLE project (
    project text NOT NULL PRIMARY KEY,
    access_key text NOT NULL,
    secret_hash bytea NOT NULL,
    next_number bigint NOT NULL,
    created_at bigint NOT NULL
) {rows};

-- A Mixpanel cohort. base is the number of the full session that is the membership; it is what a swap changes.
CREATE TABLE cohort (
    project text NOT NULL,
    cohort text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text NULL,
    remote_project text NOT NULL,
    base bigint NOT NULL,
    members bigint NOT NULL,
    recurring smallint NOT NULL,
    created_at bigint NOT NULL,
    last_page_at bigint NOT NULL,
    -- The base that history and lists have been brought up to, and how far the next walk has come (-1: no walk).
    settled_base bigint NOT NULL,
    walk_base bigint NOT NULL,
    walk_slice int NOT NULL,
    walk_slices int NOT NULL,
    PRIMARY KEY (project, cohort)
) {rows};

-- One export of a cohort: its number is its place in the order of sessions, given at its first page.
CREATE TABLE cohort_session (
    project text NOT NULL,
    cohort text NOT NULL,
    session bytea NOT NULL,
    action smallint NOT NULL,
    number bigint NOT NULL,
    total_pages int NOT NULL,
    pages int NOT NULL,
    opened_at bigint NOT NULL,
    last_page_at bigint NOT NULL,
    finished_at bigint NULL,
    PRIMARY KEY (project, cohort, session, action)
) {rows};

CREATE UNIQUE INDEX cohort_session_number ON cohort_session (project, cohort, number);
CREATE INDEX cohort_session_open ON cohort_session (project, number) WHERE finished_at IS NULL;

-- A page taken. keys holds the members' keys, 16 bytes each, while the session is open: what another content of the page takes back.
CREATE TABLE cohort_page (
    project text NOT NULL,
    cohort text NOT NULL,
    number bigint NOT NULL,
    page int NOT NULL,
    content bytea NOT NULL,
    keys bytea NULL,
    PRIMARY KEY (project, cohort, number, page)
) {rows};

-- What sessions said of a person: kind 0 left, 1 entered, 2 listed by a full session. The highest number that counts wins.
-- pages: how many pages of the session named the person.
CREATE TABLE membership (
    shard smallint NOT NULL,
    project text NOT NULL,
    cohort text NOT NULL,
    person bytea NOT NULL,
    number bigint NOT NULL,
    kind smallint NOT NULL,
    pages smallint NOT NULL,
    PRIMARY KEY (project, cohort, shard, person, number)
) {rows};

-- Finds the absences that can be forgotten.
CREATE INDEX membership_left ON membership (project, cohort, number) WHERE kind = 0;

-- People whose membership changed by a page and whose history and lists have not followed yet.
CREATE TABLE unsettled (
    shard smallint NOT NULL,
    project text NOT NULL,
    cohort text NOT NULL,
    person bytea NOT NULL,
    PRIMARY KEY (project, cohort, shard, person)
) {rows};

-- When people were in a user group. left_at is null while they are.
CREATE TABLE membership_span (
    shard smallint NOT NULL,
    project text NOT NULL,
    cohort text NOT NULL,
    person bytea NOT NULL,
    entered_at bigint NOT NULL,
    left_at bigint NULL,
    PRIMARY KEY (project, cohort, shard, person, entered_at)
) {rows};

-- Finds the stays that ended long ago.
CREATE INDEX membership_span_left ON membership_span (project, left_at) WHERE left_at IS NOT NULL;

-- What is known of a person, under the distinct id as sent. rev rises with every change of props; number is the newest session
-- that wrote them. cleared: a JSON list of properties that were taken away, so that destinations empty them too.
CREATE TABLE profile (
    shard smallint NOT NULL,
    project text NOT NULL,
    person bytea NOT NULL,
    distinct_id text NOT NULL,
    props text NOT NULL,
    rev bigint NOT NULL,
    number bigint NOT NULL,
    email bytea NULL,
    phone bytea NULL,
    cleared text NULL,
    first_seen bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, shard, person)
) {rows};

CREATE INDEX profile_email ON profile (project, email) WHERE email IS NOT NULL;
CREATE INDEX profile_phone ON profile (project, phone) WHERE phone IS NOT NULL;

-- People whose contact or lists at a destination may have to change. job: the work in flight they wait for.
CREATE TABLE pending (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    seq bigint NOT NULL,
    job text NULL,
    PRIMARY KEY (project, destination, shard, person)
) {rows};

-- A destination of a project, and what has been done once for it.
CREATE TABLE destination (
    project text NOT NULL,
    destination text NOT NULL,
    -- 1 when mapped attributes depend on user groups: then a change of membership is a change of the contact.
    group_attributes smallint NOT NULL,
    -- Hash of how people are mapped to contacts.
    mapping bytea NULL,
    prepared_at bigint NULL,
    changes_read_until bigint NULL,
    paused_reason text NULL,
    paused_until bigint NULL,
    PRIMARY KEY (project, destination)
) {rows};

-- Which cohort a key of the config's lists has found: it stays with it when the cohort is renamed.
CREATE TABLE list_source (
    project text NOT NULL,
    destination text NOT NULL,
    source text NOT NULL,
    cohort text NOT NULL,
    found_at bigint NOT NULL,
    PRIMARY KEY (project, destination, source)
) {rows};

-- A list that Sluice keeps in step. sources: what the last walk over all people compared with (hash of mode, mapping and the bases of
-- its cohorts): another value makes the next walk due. held: removals that wait for a person.
CREATE TABLE list (
    project text NOT NULL,
    destination text NOT NULL,
    list bigint NOT NULL,
    name text NULL,
    sources bytea NULL,
    foreign_read int NOT NULL,
    walk_slice int NOT NULL,
    walk_slices int NOT NULL,
    walk_sources bytea NULL,
    walked_at bigint NULL,
    held bigint NOT NULL,
    held_since bigint NULL,
    allow_removals_until bigint NULL,
    PRIMARY KEY (project, destination, list)
) {rows};

-- The ledger, a contact: state 1 intended, 2 present, 3 unknown, 4 refused. payload: hash of the attributes; rev: of the profile they came from.
CREATE TABLE ledger_contact (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    remote_id bigint NULL,
    email text NULL,
    email_key bytea NULL,
    payload bytea NOT NULL,
    rev bigint NOT NULL,
    state smallint NOT NULL,
    job text NULL,
    reason text NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, destination, shard, person)
) {rows};

CREATE INDEX ledger_contact_email ON ledger_contact (project, destination, email_key) WHERE email_key IS NOT NULL;

-- The ledger, a member of a list: state 1 intended, 2 present, 3 unknown, 5 being removed. Absent is no row.
CREATE TABLE ledger_member (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    list bigint NOT NULL,
    person bytea NOT NULL,
    state smallint NOT NULL,
    job text NULL,
    since bigint NOT NULL,
    run text NULL,
    PRIMARY KEY (project, destination, list, shard, person)
) {rows};

-- Contacts that were in a list before Sluice first wrote to it.
CREATE TABLE ledger_foreign (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    list bigint NOT NULL,
    email_key bytea NOT NULL,
    remote_id bigint NOT NULL,
    PRIMARY KEY (project, destination, list, shard, email_key)
) {rows};

-- Removals from a list by the hour, for the safety stop.
CREATE TABLE list_removal (
    project text NOT NULL,
    destination text NOT NULL,
    list bigint NOT NULL,
    hour bigint NOT NULL,
    removed bigint NOT NULL,
    PRIMARY KEY (project, destination, list, hour)
) {rows};

-- Asynchronous work at a destination. state: preparing, ready, calling, running, unknown, done, failed.
CREATE TABLE job (
    project text NOT NULL,
    job text NOT NULL,
    destination text NOT NULL,
    list bigint NOT NULL,
    run text NOT NULL,
    state text NOT NULL,
    process bigint NULL,
    token text NOT NULL,
    rows bigint NOT NULL,
    witness text NULL,
    started_at bigint NOT NULL,
    called_at bigint NULL,
    ended_at bigint NULL,
    PRIMARY KEY (project, job)
) {rows};

CREATE TABLE run (
    project text NOT NULL,
    run text NOT NULL,
    destination text NOT NULL,
    list bigint NULL,
    kind text NOT NULL,
    state text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NULL,
    counts text NOT NULL,
    note text NULL,
    PRIMARY KEY (project, run)
) {rows};

CREATE TABLE dead_letter (
    project text NOT NULL,
    letter text NOT NULL,
    origin text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    person bytea NULL,
    subject text NULL,
    payload text NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, letter)
) {rows};

-- Who must not be contacted. kind: email, phone, person. list 0: everywhere.
CREATE TABLE suppression (
    project text NOT NULL,
    kind text NOT NULL,
    subject bytea NOT NULL,
    list bigint NOT NULL,
    value text NULL,
    reason text NOT NULL,
    source text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (project, kind, subject, list)
) {rows};

CREATE TABLE lease (
    name text NOT NULL PRIMARY KEY,
    owner text NOT NULL,
    fence bigint NOT NULL,
    expires_at bigint NOT NULL
) {rows};

CREATE TABLE permit_book (
    account text NOT NULL,
    bucket text NOT NULL,
    book bytea NOT NULL,
    PRIMARY KEY (account, bucket)
) {rows};

CREATE TABLE setting (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL
) {rows};
