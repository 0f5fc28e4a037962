"""The full text of both databases.

PostgreSQL: a trigger fills the weighted vector of a document. SQLite: FTS5 tables that triggers
keep equal to the documents and words. A later migration that rebuilds one of these two tables on
SQLite drops their triggers: create them again in it.
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL, SqliteSQL

POSTGRES = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION search_vector(words text, label "char") RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT setweight(
        coalesce(string_agg(quote_literal(word) || ':' || least(place, 16383), ' '), '')::tsvector,
        label
    )
    FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS each(word, place) WHERE word <> ''
$$;
CREATE FUNCTION search_fill_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.vector := search_vector(NEW.title, 'A') || search_vector(NEW.sku, 'B')
        || search_vector(NEW.attributes, 'C') || search_vector(NEW.body, 'D');
    RETURN NEW;
END
$$;
CREATE TRIGGER search_fill_vector BEFORE INSERT OR UPDATE ON search_index_searchdocument
    FOR EACH ROW EXECUTE FUNCTION search_fill_vector();
CREATE INDEX search_documents ON search_index_searchdocument USING gin (vector);
CREATE INDEX search_words ON search_index_searchword USING gin (word gin_trgm_ops);
"""
POSTGRES_UNDO = """
DROP INDEX search_words;
DROP INDEX search_documents;
DROP TRIGGER search_fill_vector ON search_index_searchdocument;
DROP FUNCTION search_fill_vector();
DROP FUNCTION search_vector(text, "char");
"""
SQLITE = """
CREATE VIRTUAL TABLE search_fts USING fts5(
    title, sku, attributes, body, content='search_index_searchdocument', content_rowid='id',
    tokenize="unicode61 remove_diacritics 0 tokenchars '.'"
);
CREATE TRIGGER search_fts_insert AFTER INSERT ON search_index_searchdocument BEGIN
    INSERT INTO search_fts(rowid, title, sku, attributes, body)
    VALUES (new.id, new.title, new.sku, new.attributes, new.body);
END;
CREATE TRIGGER search_fts_delete AFTER DELETE ON search_index_searchdocument BEGIN
    INSERT INTO search_fts(search_fts, rowid, title, sku, attributes, body)
    VALUES ('delete', old.id, old.title, old.sku, old.attributes, old.body);
END;
CREATE TRIGGER search_fts_update AFTER UPDATE ON search_index_searchdocument BEGIN
    INSERT INTO search_fts(search_fts, rowid, title, sku, attributes, body)
    VALUES ('delete', old.id, old.title, old.sku, old.attributes, old.body);
    INSERT INTO search_fts(rowid, title, sku, attributes, body)
    VALUES (new.id, new.title, new.sku, new.attributes, new.body);
END;
CREATE VIRTUAL TABLE search_trigrams USING fts5(
    word, content='search_index_searchword', content_rowid='id', tokenize="trigram"
);
CREATE TRIGGER search_trigrams_insert AFTER INSERT ON search_index_searchword BEGIN
    INSERT INTO search_trigrams(rowid, word) VALUES (new.id, new.word);
END;
CREATE TRIGGER search_trigrams_delete AFTER DELETE ON search_index_searchword BEGIN
    INSERT INTO search_trigrams(search_trigrams, rowid, word) VALUES ('delete', old.id, old.word);
END;
CREATE TRIGGER search_trigrams_update AFTER UPDATE ON search_index_searchword BEGIN
    INSERT INTO search_trigrams(search_trigrams, rowid, word) VALUES ('delete', old.id, old.word);
    INSERT INTO search_trigrams(rowid, word) VALUES (new.id, new.word);
END;
"""
SQLITE_UNDO = """
DROP TRIGGER search_trigrams_insert;
DROP TRIGGER search_trigrams_delete;
DROP TRIGGER search_trigrams_update;
DROP TABLE search_trigrams;
DROP TRIGGER search_fts_insert;
DROP TRIGGER search_fts_delete;
DROP TRIGGER search_fts_update;
DROP TABLE search_fts;
"""


class Migration(migrations.Migration):
    dependencies = [("search_index", "0001_documents")]

    operations = [PostgresSQL(POSTGRES, POSTGRES_UNDO), SqliteSQL(SQLITE, SQLITE_UNDO)]
