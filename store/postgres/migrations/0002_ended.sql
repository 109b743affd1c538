-- When keys of consumers that were deleted had been revoked, or were to end: by
-- their hashes, so that nothing brings one back to more life than it had.
CREATE TABLE ended (
	hash    bytea NOT NULL PRIMARY KEY,
	revoked bigint NOT NULL,
	expires bigint NOT NULL
);
