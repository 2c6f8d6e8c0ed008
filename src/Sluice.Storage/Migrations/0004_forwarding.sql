-- Passing on to the project that the clients mean. Events are read from the log behind a cursor (event_cursor); here is what the log does
-- not hold.

-- The number of the project's newest commit with operations. Its row is locked until the commit, so that numbers become visible in order.
CREATE TABLE forward_clock (
    project text NOT NULL PRIMARY KEY,
    batch bigint NOT NULL
) {rows};

-- Operations that wait. way: 0 of profiles, 1 of group profiles, 2 lookup tables that were replaced. person: the key of whose it is, as
-- sent. repeatable: 1 when doing it twice does no harm. state: 0 waiting, 1 calling. No {rows}: an operation can have a megabyte.
CREATE TABLE forward_waiting (
    shard smallint NOT NULL,
    project text NOT NULL,
    way smallint NOT NULL,
    batch bigint NOT NULL,
    n int NOT NULL,
    person bytea NOT NULL,
    repeatable smallint NOT NULL,
    state smallint NOT NULL,
    taken_at bigint NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (project, way, batch, n, shard)
);

-- Where events came from, as the log has nothing to do with addresses. A row goes when the cursor has passed its event.
CREATE TABLE forward_address (
    shard smallint NOT NULL,
    project text NOT NULL,
    batch bigint NOT NULL,
    n int NOT NULL,
    address text NOT NULL,
    PRIMARY KEY (project, batch, n, shard)
) {rows};
