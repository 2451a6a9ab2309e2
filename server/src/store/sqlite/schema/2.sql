-- What the file says about itself: `id` tells this store from every other, and `origin` where a migration fills it from.
CREATE TABLE about (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO about (key, value) VALUES ('id', lower(hex(randomblob(8))));
