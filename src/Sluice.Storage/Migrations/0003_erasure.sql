-- Who was erased, and what is still to be done for it. None of this grows with the number of people kept.

-- What is left of erased ids, addresses and numbers: HMACs, 16 bytes, under a key that is not in the store.
CREATE TABLE tombstone (
    project text NOT NULL,
    mark bytea NOT NULL,
    erased_at bigint NOT NULL,
    PRIMARY KEY (project, mark)
) {rows};

-- Another number whenever tombstones were added: every commit of what came in looks at it.
CREATE TABLE tombstone_stamp (
    project text NOT NULL PRIMARY KEY,
    stamp bigint NOT NULL
) {rows};

-- A request to erase people (kind 0) or to hand out what is known of them (1). log_from, log_until: the batches of the event log that
-- the present walk goes through; cursor: how far it, or the walk over the dead letters, has come.
CREATE TABLE erasure (
    project text NOT NULL,
    erasure text NOT NULL,
    kind smallint NOT NULL,
    status text NOT NULL,
    stage smallint NOT NULL,
    compliance text NOT NULL,
    disclosure text NULL,
    requested_by text NOT NULL,
    ids_count int NOT NULL,
    requested_at bigint NOT NULL,
    next_at bigint NOT NULL,
    started_at bigint NULL,
    stage_at bigint NOT NULL,
    ended_at bigint NULL,
    log_from bigint NOT NULL,
    log_until bigint NOT NULL,
    cursor text NULL,
    counts text NOT NULL,
    note text NULL,
    PRIMARY KEY (project, erasure)
) {rows};

-- Who is meant, in the clear, for as long as the work takes. kind: 1 id, 2 e-mail, 3 phone, 4 a contact without an address that a list
-- held. asked: 1 when the request named it.
CREATE TABLE erasure_subject (
    project text NOT NULL,
    erasure text NOT NULL,
    kind smallint NOT NULL,
    subject bytea NOT NULL,
    value text NULL,
    asked smallint NOT NULL,
    PRIMARY KEY (project, erasure, kind, subject)
) {rows};

-- Contacts that destinations are still to delete.
CREATE TABLE erasure_contact (
    project text NOT NULL,
    erasure text NOT NULL,
    number int NOT NULL,
    destination text NOT NULL,
    remote_id bigint NULL,
    external_id text NULL,
    email text NULL,
    PRIMARY KEY (project, erasure, number)
) {rows};

-- What Mixpanel was told, and what it says of it. look_at: null when it has said its last word.
CREATE TABLE erasure_part (
    project text NOT NULL,
    erasure text NOT NULL,
    number int NOT NULL,
    tracking text NULL,
    status text NOT NULL,
    look_at bigint NULL,
    PRIMARY KEY (project, erasure, number)
) {rows};
