-- Times are milliseconds since 1970, 0 for none; lists are JSON, '' for none.
-- Ids are UUIDs as text.

CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
INSERT INTO schema_version (version) VALUES (0);

-- One row that every change goes through: it puts them in their order.
CREATE TABLE head (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	entries INTEGER NOT NULL,
	hash    BLOB,
	changes INTEGER NOT NULL
) STRICT;
INSERT INTO head (one, entries, hash, changes) VALUES (1, 0, NULL, 0);

CREATE TABLE changes (
	number INTEGER PRIMARY KEY,
	kind   TEXT NOT NULL,
	id     TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
	number  INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	actor   TEXT NOT NULL,
	action  TEXT NOT NULL,
	object  TEXT NOT NULL,
	outcome TEXT NOT NULL,
	detail  TEXT NOT NULL,
	origin  TEXT NOT NULL,
	hash    BLOB NOT NULL
) STRICT;

CREATE TABLE consumers (
	id       TEXT NOT NULL PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,
	tenant   TEXT NOT NULL,
	roles    TEXT NOT NULL,
	scopes   TEXT NOT NULL,
	disabled INTEGER NOT NULL,
	note     TEXT NOT NULL,
	created  INTEGER NOT NULL,
	changed  INTEGER NOT NULL,
	revision INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
	id         TEXT NOT NULL PRIMARY KEY,
	consumer   TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	hash       BLOB NOT NULL UNIQUE,
	generation INTEGER NOT NULL,
	hint       TEXT NOT NULL,
	scopes     TEXT NOT NULL,
	roles      TEXT NOT NULL,
	networks   TEXT NOT NULL,
	created    INTEGER NOT NULL,
	expires    INTEGER NOT NULL,
	revoked    INTEGER NOT NULL,
	used       INTEGER NOT NULL,
	rotated    TEXT NOT NULL,
	revision   INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_of_consumer ON keys (consumer, id);

CREATE TABLE passwords (
	username TEXT NOT NULL PRIMARY KEY,
	consumer TEXT NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
	hash     TEXT NOT NULL,
	changed  INTEGER NOT NULL
) STRICT;
CREATE INDEX passwords_of_consumer ON passwords (consumer, username);

CREATE TABLE revocations (
	id        TEXT NOT NULL PRIMARY KEY,
	issuer    TEXT NOT NULL,
	token     TEXT NOT NULL,
	subject   TEXT NOT NULL,
	not_after INTEGER NOT NULL,
	until     INTEGER NOT NULL,
	created   INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_until ON revocations (until);

CREATE TABLE secrets (
	name    TEXT NOT NULL PRIMARY KEY,
	sealed  BLOB NOT NULL,
	changed INTEGER NOT NULL
) STRICT;

CREATE TABLE wrapped (
	purpose TEXT NOT NULL PRIMARY KEY,
	keys    BLOB NOT NULL,
	master  TEXT NOT NULL,
	version INTEGER NOT NULL
) STRICT;

CREATE TABLE admins (
	id      TEXT NOT NULL PRIMARY KEY,
	name    TEXT NOT NULL UNIQUE,
	hash    BLOB NOT NULL UNIQUE,
	roles   TEXT NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
