-- When keys of consumers that were deleted had been revoked, or were to end: by
-- their hashes, so that nothing brings one back to more life than it had.
CREATE TABLE ended (
	hash    BLOB NOT NULL PRIMARY KEY,
	revoked INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
