-- The index of messages. It is made from the logs after their commit, and could be made again from them at any time.

-- How far a log is in the index.
CREATE TABLE search_progress (
  conversation INTEGER PRIMARY KEY,
  upto         INTEGER NOT NULL
) STRICT;

-- The words of each message, and what else it is found by. An `id` is the message's time, and 20 bits that tell those of one
-- millisecond apart: so the order of the ids is the order of time, and a span of time is a span of ids.
CREATE TABLE search_messages (
  id           INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  text         TEXT    NOT NULL,
  file         TEXT    NOT NULL,
  meta         TEXT    NOT NULL,
  UNIQUE (conversation, seq)
) STRICT;

-- The words are made by the server, so the tokenizer only parts them at their spaces.
CREATE VIRTUAL TABLE search_words USING fts5 (
  text, file, meta, content = 'search_messages', content_rowid = 'id', tokenize = 'ascii', columnsize = 0
);
-- What is deleted is taken out of the index at once, and not only when its parts are put together the next time.
INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1);
