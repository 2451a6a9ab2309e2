-- Groups. A conversation without `low` and `high` is one; what it is called and about stands in `groups`.
CREATE TABLE conversations_of_all_kinds (
  id       INTEGER PRIMARY KEY,
  low      INTEGER REFERENCES users (id),
  high     INTEGER REFERENCES users (id),
  first    INTEGER NOT NULL DEFAULT 1,
  head     INTEGER NOT NULL DEFAULT 0,
  activity INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO conversations_of_all_kinds SELECT id, low, high, first, head, activity FROM conversations;
DROP TABLE conversations;
ALTER TABLE conversations_of_all_kinds RENAME TO conversations;
CREATE UNIQUE INDEX direct ON conversations (low, high);
CREATE INDEX active_of_low ON conversations (low, activity, id);
CREATE INDEX active_of_high ON conversations (high, activity, id);

-- `past` is 0 where newcomers see all of it, and 1 where they see nothing. `members` counts those who are in it.
CREATE TABLE groups (
  conversation INTEGER PRIMARY KEY,
  name         TEXT    NOT NULL,
  topic        TEXT    NOT NULL,
  public       INTEGER NOT NULL,
  past         INTEGER NOT NULL,
  members      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX public_names ON groups (name) WHERE public = 1;

-- 0 for a member of a group, 1 for an admin of one, and nothing in a one-to-one conversation.
ALTER TABLE members ADD COLUMN role INTEGER;
-- The first entry that the member sees.
ALTER TABLE members ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
CREATE INDEX groups_of_user ON members (user, conversation) WHERE role IS NOT NULL;

-- Further kinds of entries: 5 says what a group is called and about, as JSON in `text`; 10 to 15 are changes of members, whose
-- numbers stand in `text`: added, joined, removed, left, promoted, demoted.
