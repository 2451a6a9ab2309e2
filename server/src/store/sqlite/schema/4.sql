-- Entries that are about a message. `kind` is 0 for a message, 1 for an edit, 2 for a deletion, 3 for a reaction and 4 for the
-- end of one; `target` is the number of the message that it is about, and a reaction's `text` its emoji.
ALTER TABLE entries ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN target INTEGER;
-- The number of the message that a message answers.
ALTER TABLE entries ADD COLUMN reply_to INTEGER;
-- Messages, which are nearly all, are not in it and so cost nothing.
CREATE INDEX entries_about ON entries (conversation, target) WHERE target IS NOT NULL;

-- How far the log has reached the member: never less than what they have read.
ALTER TABLE members ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
UPDATE members SET delivered = read;

-- Whether others are told what the user has read.
ALTER TABLE users ADD COLUMN read_receipts INTEGER NOT NULL DEFAULT 1;
