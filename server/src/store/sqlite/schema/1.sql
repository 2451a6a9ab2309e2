-- Times are Unix milliseconds. Ids of conversations and devices are 64 random bits, kept as signed numbers.

CREATE TABLE users (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  last_seen     INTEGER
) STRICT;

CREATE TABLE devices (
  id         INTEGER PRIMARY KEY,
  user       INTEGER NOT NULL REFERENCES users (id),
  token_hash BLOB    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of_user ON devices (user, created_at);

-- `low` and `high` are the two members of a one-to-one conversation, the smaller id first.
CREATE TABLE conversations (
  id       INTEGER PRIMARY KEY,
  low      INTEGER NOT NULL REFERENCES users (id),
  high     INTEGER NOT NULL REFERENCES users (id),
  first    INTEGER NOT NULL DEFAULT 1,
  head     INTEGER NOT NULL DEFAULT 0,
  activity INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX direct ON conversations (low, high);
-- A user's list is the merge of these two, so a page costs what it holds and not what the user has. The alternative,
-- the time of activity in each member's row, would write a row per member with each append.
CREATE INDEX active_of_low ON conversations (low, activity, id);
CREATE INDEX active_of_high ON conversations (high, activity, id);

CREATE TABLE members (
  conversation INTEGER NOT NULL,
  user         INTEGER NOT NULL,
  read         INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  conversation INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  sender       INTEGER NOT NULL,
  client_id    TEXT    NOT NULL,
  text         TEXT    NOT NULL,
  PRIMARY KEY (conversation, seq),
  UNIQUE (conversation, sender, client_id)
) STRICT, WITHOUT ROWID;
