-- Files. A file's bytes are kept outside, under the id of the upload that brought them first. Each such id stands in exactly one
-- of `uploads`, `blobs` and `garbage`.

-- What a user's files and uploads take, for the quota.
ALTER TABLE users ADD COLUMN file_bytes INTEGER NOT NULL DEFAULT 0;

-- `writer` is whoever may go on; `hasher` and `tail` are what they need for it.
CREATE TABLE uploads (
  id         INTEGER PRIMARY KEY,
  owner      INTEGER NOT NULL REFERENCES users (id),
  name       TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  size       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  writer     INTEGER NOT NULL DEFAULT 0,
  offset     INTEGER NOT NULL DEFAULT 0,
  hasher     BLOB    NOT NULL DEFAULT x'',
  tail       BLOB    NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX uploads_by_end ON uploads (expires_at);

-- Each content once, and where it is. `files` counts the files that have it.
CREATE TABLE blobs (
  object INTEGER PRIMARY KEY,
  sha256 BLOB    NOT NULL UNIQUE,
  files  INTEGER NOT NULL
) STRICT;

CREATE TABLE garbage (
  object INTEGER PRIMARY KEY
) STRICT;

-- `entries` counts the entries that a file hangs on; `loose_since` is when there were none for the last time.
CREATE TABLE files (
  id          INTEGER PRIMARY KEY,
  owner       INTEGER NOT NULL REFERENCES users (id),
  name        TEXT    NOT NULL,
  media_type  TEXT    NOT NULL,
  size        INTEGER NOT NULL,
  object      INTEGER NOT NULL REFERENCES blobs (object),
  entries     INTEGER NOT NULL DEFAULT 0,
  loose_since INTEGER
) STRICT;
CREATE INDEX files_of_blob ON files (object);
CREATE INDEX loose_files ON files (loose_since) WHERE loose_since IS NOT NULL;

ALTER TABLE entries ADD COLUMN file INTEGER;
-- Entries without a file, which are nearly all, are not in it and so cost nothing.
CREATE INDEX entries_of_file ON entries (file, conversation) WHERE file IS NOT NULL;
