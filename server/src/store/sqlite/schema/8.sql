-- The entries, with the index of client ids in the order of the ids, and not log by log. An id, as the clients make it, begins with
-- the time, so what a transaction adds stands together at the end of the index, and not on a page for each log.
CREATE TABLE entries_by_number (
  conversation INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  sender       INTEGER NOT NULL,
  client_id    TEXT    NOT NULL,
  text         TEXT    NOT NULL,
  file         INTEGER,
  kind         INTEGER NOT NULL DEFAULT 0,
  target       INTEGER,
  reply_to     INTEGER,
  mentions     TEXT,
  PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO entries_by_number
  SELECT conversation, seq, at, sender, client_id, text, file, kind, target, reply_to, mentions FROM entries
  ORDER BY conversation, seq;
-- First, or dropping the table would copy all of it, with all texts, into a temporary file.
DELETE FROM entries;
DROP TABLE entries;
ALTER TABLE entries_by_number RENAME TO entries;
CREATE UNIQUE INDEX sends ON entries (client_id, conversation, sender);
-- What nearly no entry has is not in these two, and so costs nothing.
CREATE INDEX entries_of_file ON entries (file, conversation) WHERE file IS NOT NULL;
CREATE INDEX entries_about ON entries (conversation, target) WHERE target IS NOT NULL;
