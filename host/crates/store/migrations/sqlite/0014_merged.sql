-- The ticket that one turned out to belong to: it goes on there. Twin of migrations/postgres/0014_merged.sql.
ALTER TABLE ticket ADD COLUMN merged_into TEXT;
CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL;
