-- 0 where a destination takes events and has no contacts: a change of a person is no work for it then.
ALTER TABLE destination ADD COLUMN has_contacts smallint NOT NULL DEFAULT 1;
