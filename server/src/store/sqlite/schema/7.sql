-- Whom a message mentions: their numbers, with spaces between them. Messages without mentions, which are nearly all, have nothing.
ALTER TABLE entries ADD COLUMN mentions TEXT;
-- The same from the other side, to count a member's unread mentions.
CREATE TABLE mentions (
  user         INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  sender       INTEGER NOT NULL,
  PRIMARY KEY (user, conversation, seq)
) STRICT, WITHOUT ROWID;

-- What the member wants to be called for: 0 for all, 1 for mentions, 2 for nothing.
ALTER TABLE members ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
-- The last entry when the member put it into the archive; 0 when they did not.
ALTER TABLE members ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
-- Who of two people has blocked the other: 1 for the low one, 2 for the high one, 3 for both. It stands where the end of the log
-- does, so that an append need not look anywhere else.
ALTER TABLE conversations ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blocked_of_low ON conversations (low, high) WHERE blocked <> 0;
CREATE INDEX blocked_of_high ON conversations (high, low) WHERE blocked <> 0;

-- After how many days the entries of a group are removed; 0 where only the server's limit holds.
ALTER TABLE groups ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 0;

-- When the account was deleted. Its row stays, under another name, for what stands in the logs.
ALTER TABLE users ADD COLUMN erased_at INTEGER;
-- Whether something of theirs may be left.
ALTER TABLE users ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX erasing_users ON users (id) WHERE erasing = 1;
CREATE INDEX groups_that_forget ON groups (conversation) WHERE retention_days > 0;
