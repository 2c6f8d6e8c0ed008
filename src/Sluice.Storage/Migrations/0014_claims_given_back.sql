-- Names the asking that made a claim, which alone may give it back; null when the list was asked for again since, and for claims from before.
ALTER TABLE list_claim ADD COLUMN made text NULL;
