-- kept: the list was filled because somebody asked, and not by the config. Who must not be contacted any more leaves it all the same.
ALTER TABLE list ADD COLUMN kept smallint NOT NULL DEFAULT 0;

-- Nobody has noted which lists were asked for before. Those of the config are among these, and are left out wherever kept ones count.
UPDATE list SET kept = 1 WHERE foreign_read < 0;

-- Which of the projects that share a destination's account a list belongs to: the one that asked first.
CREATE TABLE list_claim (
    account text NOT NULL,
    list bigint NOT NULL,
    project text NOT NULL,
    claimed_at bigint NOT NULL,
    PRIMARY KEY (account, list)
) {rows};

-- When Mixpanel itself last sent a page of the cohort; null when all that is known of it was fetched, or came before this was written down.
ALTER TABLE cohort ADD COLUMN sent_at bigint NULL;
