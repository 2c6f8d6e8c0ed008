-- Under which leases a project's contacts have been written. There are as many as it has had accounts; a lease of an account that several
-- projects share stands here for each of them.
CREATE TABLE delivery_lease (
    project text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (project, name)
) {rows};

-- What nodes of an earlier version deliver under is noted nowhere: any project may have been written under any of them.
INSERT INTO delivery_lease (project, name) SELECT DISTINCT d.project, l.name FROM destination d CROSS JOIN lease l WHERE l.name LIKE 'delivery/%';
