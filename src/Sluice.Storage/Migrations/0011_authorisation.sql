-- Authorisations at other systems whose tokens change. name: a keyed hash of what somebody gave. content: the tokens that stand in its
-- place now, and who is renewing them, encrypted.
CREATE TABLE authorisation (
    project text NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project, name)
) {rows};
