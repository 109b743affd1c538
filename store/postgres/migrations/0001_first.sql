-- Times are milliseconds since 1970, 0 for none; lists are JSON, '' for none.
-- Texts are in the order of their bytes.

CREATE TABLE schema_version (version integer NOT NULL);
INSERT INTO schema_version (version) VALUES (0);

-- One row that every change goes through: it puts them in their order.
CREATE TABLE head (
	one     smallint PRIMARY KEY CHECK (one = 1),
	entries bigint NOT NULL,
	hash    bytea,
	changes bigint NOT NULL
);
INSERT INTO head (one, entries, hash, changes) VALUES (1, 0, NULL, 0);

CREATE TABLE changes (
	number bigint PRIMARY KEY,
	kind   text NOT NULL,
	id     text NOT NULL
);

CREATE TABLE audit (
	number  bigint PRIMARY KEY,
	at      bigint NOT NULL,
	actor   text NOT NULL,
	action  text NOT NULL,
	object  text NOT NULL,
	outcome text NOT NULL,
	detail  text NOT NULL,
	origin  text NOT NULL,
	hash    bytea NOT NULL
);

CREATE TABLE consumers (
	id       uuid NOT NULL PRIMARY KEY,
	name     text COLLATE "C" NOT NULL UNIQUE,
	tenant   text NOT NULL,
	roles    text NOT NULL,
	scopes   text NOT NULL,
	disabled boolean NOT NULL,
	note     text NOT NULL,
	created  bigint NOT NULL,
	changed  bigint NOT NULL,
	revision bigint NOT NULL
);

CREATE TABLE keys (
	id         uuid NOT NULL PRIMARY KEY,
	consumer   uuid NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
	name       text COLLATE "C" NOT NULL,
	hash       bytea NOT NULL UNIQUE,
	generation smallint NOT NULL,
	hint       text NOT NULL,
	scopes     text NOT NULL,
	roles      text NOT NULL,
	networks   text NOT NULL,
	created    bigint NOT NULL,
	expires    bigint NOT NULL,
	revoked    bigint NOT NULL,
	used       bigint NOT NULL,
	rotated    text NOT NULL,
	revision   bigint NOT NULL
);
CREATE INDEX keys_of_consumer ON keys (consumer, id);

CREATE TABLE passwords (
	username text COLLATE "C" NOT NULL PRIMARY KEY,
	consumer uuid NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
	hash     text NOT NULL,
	changed  bigint NOT NULL
);
CREATE INDEX passwords_of_consumer ON passwords (consumer, username);

CREATE TABLE revocations (
	id        uuid NOT NULL PRIMARY KEY,
	issuer    text NOT NULL,
	token     text NOT NULL,
	subject   text NOT NULL,
	not_after bigint NOT NULL,
	until     bigint NOT NULL,
	created   bigint NOT NULL
);
CREATE INDEX revocations_until ON revocations (until);

CREATE TABLE secrets (
	name    text COLLATE "C" NOT NULL PRIMARY KEY,
	sealed  bytea NOT NULL,
	changed bigint NOT NULL
);

CREATE TABLE wrapped (
	purpose text COLLATE "C" NOT NULL PRIMARY KEY,
	keys    bytea NOT NULL,
	master  text NOT NULL,
	version bigint NOT NULL
);

CREATE TABLE admins (
	id      uuid NOT NULL PRIMARY KEY,
	name    text COLLATE "C" NOT NULL UNIQUE,
	hash    bytea NOT NULL UNIQUE,
	roles   text NOT NULL,
	created bigint NOT NULL,
	expires bigint NOT NULL
);
