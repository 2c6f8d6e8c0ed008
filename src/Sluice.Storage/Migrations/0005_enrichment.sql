-- What people get from elsewhere on their way to a destination: properties of their groups, columns of lookup tables.

-- The group keys whose profiles a destination's mapping uses.
CREATE TABLE followed_group (
    project text NOT NULL,
    destination text NOT NULL,
    group_key text NOT NULL,
    PRIMARY KEY (project, destination, group_key)
) {rows};

-- Which people were mapped with the profile of which group. Written when a person is mapped, and not at intake: only groups that a mapping
-- uses cost anything. member_of is the key of the group's id within its group key.
CREATE TABLE group_member (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    group_key text NOT NULL,
    member_of bytea NOT NULL,
    PRIMARY KEY (project, destination, shard, person, group_key, member_of)
) {rows};

CREATE INDEX group_member_group ON group_member (project, destination, group_key, member_of, person);

-- Groups whose profile has changed and whose members have not been marked yet. person is the key of the group's id; walked: the last
-- member that was marked.
CREATE TABLE group_mark (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    group_key text NOT NULL,
    person bytea NOT NULL,
    seq bigint NOT NULL,
    walked bytea NULL,
    PRIMARY KEY (project, destination, group_key, shard, person)
) {rows};

-- With which state of the lookup tables, and with which group keys, a destination's people were mapped. walking: the state that they are being brought to, walked:
-- how far that has come.
CREATE TABLE followed_lookups (
    project text NOT NULL,
    destination text NOT NULL,
    state bytea NOT NULL,
    walking bytea NULL,
    walked_shard smallint NULL,
    walked bytea NULL,
    PRIMARY KEY (project, destination)
) {rows};

-- The group key whose groups are companies at a destination.
CREATE TABLE company_source (
    project text NOT NULL,
    destination text NOT NULL,
    group_key text NOT NULL,
    PRIMARY KEY (project, destination)
) {rows};

-- Groups that have to be looked at, because their profile or their members have changed. person is the key of the group's id.
CREATE TABLE company_mark (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (project, destination, shard, person)
) {rows};

-- The ledger, a company: the destination's id of it once that is known, the hash of what was sent, and which contacts were linked (a JSON
-- list of the destination's ids). look_at: when it is looked at again unasked.
CREATE TABLE company (
    shard smallint NOT NULL,
    project text NOT NULL,
    destination text NOT NULL,
    person bytea NOT NULL,
    remote_id text NULL,
    payload bytea NOT NULL,
    linked text NOT NULL,
    look_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, destination, shard, person)
) {rows};

CREATE INDEX company_look ON company (project, destination, look_at);
CREATE INDEX company_remote ON company (project, destination, remote_id);
