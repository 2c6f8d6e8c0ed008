-- What Mixpanel's clients send: events, who is who, group profiles, lookup tables.

-- The names of a project's events, by the hash that stands for them everywhere else.
CREATE TABLE event_name (
    project text NOT NULL,
    event bytea NOT NULL,
    name text NOT NULL,
    first_seen bigint NOT NULL,
    PRIMARY KEY (project, event)
) {rows};

-- The number of the project's newest batch. Its row is locked until the commit, so that batches become visible in order.
CREATE TABLE event_clock (
    project text NOT NULL PRIMARY KEY,
    batch bigint NOT NULL
) {rows};

-- What makes two events one: name, time, distinct id as sent, insert id. Narrow, so that it is cheap to look into; name and time first,
-- so that what is sent together lies together, and a count by name and day reads nothing else.
CREATE TABLE event (
    shard smallint NOT NULL,
    project text NOT NULL,
    event bytea NOT NULL,
    time bigint NOT NULL,
    person bytea NOT NULL,
    insert_id bytea NOT NULL,
    PRIMARY KEY (project, event, time, shard, person, insert_id)
) {rows};

-- The log, in the order of arrival: whoever reads behind a cursor reads it. No {rows}: rows of a kilobyte belong into a heap.
CREATE TABLE event_log (
    shard smallint NOT NULL,
    project text NOT NULL,
    batch bigint NOT NULL,
    n int NOT NULL,
    event bytea NOT NULL,
    time bigint NOT NULL,
    person bytea NOT NULL,
    insert_id bytea NOT NULL,
    origin smallint NOT NULL,
    props bytea NOT NULL,
    PRIMARY KEY (project, batch, n, shard)
);

-- Ids that are one person with others. canonical is the key of the id that speaks for all; an id without a row speaks for itself.
CREATE TABLE identity (
    shard smallint NOT NULL,
    project text NOT NULL,
    person bytea NOT NULL,
    distinct_id text NOT NULL,
    canonical bytea NOT NULL,
    PRIMARY KEY (project, shard, person)
) {rows};

CREATE INDEX identity_canonical ON identity (project, canonical);

-- What was claimed about two ids, and what became of it. Undoing one claim joins the others anew.
CREATE TABLE identity_claim (
    project text NOT NULL,
    claim bytea NOT NULL,
    kind smallint NOT NULL,
    id text NOT NULL,
    other text NOT NULL,
    id_key bytea NOT NULL,
    other_key bytea NOT NULL,
    state text NOT NULL,
    reason text NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (project, claim)
) {rows};

CREATE INDEX identity_claim_id ON identity_claim (project, id_key);
CREATE INDEX identity_claim_other ON identity_claim (project, other_key);

-- Group profiles: what is known of a company, a team, a household. person is the key of the group's id within its group key.
CREATE TABLE group_profile (
    shard smallint NOT NULL,
    project text NOT NULL,
    group_key text NOT NULL,
    person bytea NOT NULL,
    group_id text NOT NULL,
    props text NOT NULL,
    rev bigint NOT NULL,
    first_seen bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, group_key, shard, person)
) {rows};

-- A lookup table is replaced whole: its rows are written under the next generation, and one row says which one counts.
CREATE TABLE lookup_table (
    project text NOT NULL,
    lookup text NOT NULL,
    name text NOT NULL,
    columns text NOT NULL,
    rows_count bigint NOT NULL,
    generation bigint NOT NULL,
    next_generation bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, lookup)
) {rows};

CREATE TABLE lookup_row (
    shard smallint NOT NULL,
    project text NOT NULL,
    lookup text NOT NULL,
    generation bigint NOT NULL,
    person bytea NOT NULL,
    row_key text NOT NULL,
    row_values text NOT NULL,
    PRIMARY KEY (project, lookup, generation, shard, person)
) {rows};

-- How far a destination has taken the log over.
CREATE TABLE event_cursor (
    project text NOT NULL,
    destination text NOT NULL,
    batch bigint NOT NULL,
    n int NOT NULL,
    PRIMARY KEY (project, destination)
) {rows};

-- Events that a destination has taken over and not finished; the events themselves stay in the log. state: 0 waiting, 1 calling,
-- 2 of unknown outcome. person: the id as sent. alone: 1 when it goes out in a call of its own.
CREATE TABLE event_waiting (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    batch bigint NOT NULL,
    n int NOT NULL,
    state smallint NOT NULL,
    alone smallint NOT NULL,
    taken_at bigint NOT NULL,
    called_at bigint NULL,
    call text NULL,
    PRIMARY KEY (project, destination, batch, n, shard)
) {rows};

CREATE INDEX event_waiting_called ON event_waiting (project, destination, batch, n) WHERE state <> 0;

-- People whose events rest, under the id that speaks for them: until then, and why. Everything later of theirs rests with them.
CREATE TABLE event_rest (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    until bigint NOT NULL,
    reason text NOT NULL,
    times int NOT NULL,
    PRIMARY KEY (project, destination, shard, person)
) {rows};

-- What came in, by the minute, the way, the name and the outcome.
CREATE TABLE intake_count (
    project text NOT NULL,
    minute bigint NOT NULL,
    way text NOT NULL,
    outcome text NOT NULL,
    name text NOT NULL,
    records bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (project, minute, way, outcome, name)
) {rows};
