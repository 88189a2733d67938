-- The journal on disk, version 1. A later version is a step of its own beside this file: a step that was
-- released is never edited.
--
-- Ids are their 16 bytes, most significant first, so that they sort by age. Bodies are text that the journal
-- does not read. Times are milliseconds since 1970 in UTC.

-- The newest value under a key. A start reads those under one prefix, in the order of the keys.
CREATE TABLE state (
  key  TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What exists outside because of us. Rows are never removed: a released resource stays written down.
CREATE TABLE ledger (
  resource BLOB NOT NULL PRIMARY KEY,
  instance BLOB NOT NULL,
  status   INTEGER NOT NULL CHECK (status IN (0, 1, 2)),  -- intent, held, released
  body     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_by_instance ON ledger (instance);
-- A start reads the open rows only, however many were released before.
CREATE INDEX ledger_open ON ledger (resource) WHERE status < 2;

-- What happened, numbered without a gap. There is no index beside the number: events of one group speak of many
-- instances, so an index by instance would write a page for each of them.
CREATE TABLE event (
  seq      INTEGER NOT NULL PRIMARY KEY,
  time     INTEGER NOT NULL,
  instance BLOB,  -- NULL: about the daemon itself
  type     TEXT NOT NULL,
  body     TEXT NOT NULL
) STRICT;
