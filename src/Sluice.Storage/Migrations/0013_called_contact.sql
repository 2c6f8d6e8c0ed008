-- The number of the contact that the call named; null when it named none. What has had no answer is looked for there, whoever the id belongs to by then.
ALTER TABLE event_waiting ADD COLUMN contact bigint NULL;
