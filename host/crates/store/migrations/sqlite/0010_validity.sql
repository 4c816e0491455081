-- What an article is about, and from when to when it holds. Twin of migrations/postgres/0010_validity.sql.
ALTER TABLE article ADD COLUMN product TEXT;
ALTER TABLE article ADD COLUMN valid_from BIGINT;
ALTER TABLE article ADD COLUMN valid_until BIGINT;
