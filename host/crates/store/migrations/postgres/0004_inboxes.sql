-- The inbox that a ticket came in by: plugins can be held to some of them.
ALTER TABLE ticket ADD COLUMN inbox TEXT;
