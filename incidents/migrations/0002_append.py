"""The database function that appends to a timeline: gapless seq in commit order, and the hash chain."""

from django.db import migrations

APPEND = """
CREATE OR REPLACE FUNCTION siaga_hash(prior bytea, center bigint, seq bigint, at timestamptz, kind text, actor bigint,
                                      incident bigint, data jsonb, touched jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(prior || convert_to(
        jsonb_build_array(center, seq, extract(epoch FROM at), kind, actor, incident, data, touched)::text, 'UTF8'))
$$;

-- entries: [{"kind", "actor", "incident", "data", "touched"}]; returns the newest seq.
-- The row lock on the feed is held until the commit, so entries become visible in the order of their seq.
CREATE OR REPLACE FUNCTION siaga_append(center bigint, entries jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    feed incidents_feed%ROWTYPE;
    entry jsonb;
    moment timestamptz;
BEGIN
    SELECT * INTO feed FROM incidents_feed WHERE center_id = center FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO incidents_feed (center_id, seq, head) VALUES (center, 0, '') ON CONFLICT DO NOTHING;
        SELECT * INTO feed FROM incidents_feed WHERE center_id = center FOR UPDATE;
    END IF;
    moment := clock_timestamp();
    FOR entry IN SELECT * FROM jsonb_array_elements(entries) LOOP
        feed.seq := feed.seq + 1;
        feed.head := siaga_hash(feed.head, center, feed.seq, moment, entry->>'kind', (entry->>'actor')::bigint,
                                (entry->>'incident')::bigint, entry->'data', entry->'touched');
        INSERT INTO incidents_timelineentry (center_id, seq, at, kind, actor_id, incident_id, data, touched, hash)
        VALUES (center, feed.seq, moment, entry->>'kind', (entry->>'actor')::bigint, (entry->>'incident')::bigint,
                entry->'data', entry->'touched', feed.head);
    END LOOP;
    UPDATE incidents_feed SET seq = feed.seq, head = feed.head WHERE center_id = center;
    RETURN feed.seq;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [
        migrations.RunSQL(
            APPEND,
            """DROP FUNCTION siaga_append(bigint, jsonb);
               DROP FUNCTION siaga_hash(bytea, bigint, bigint, timestamptz, text, bigint, bigint, jsonb, jsonb)""",
        )
    ]
