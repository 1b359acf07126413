"""Past positions, partitioned by day: written in batches, read by window, dropped by whole days."""

from django.db import migrations

TABLE = """
CREATE TABLE dispatch_position_history (
    unit_id bigint NOT NULL, at timestamptz NOT NULL, lon real NOT NULL, lat real NOT NULL, speed_kmh real, heading real
) PARTITION BY RANGE (at);
CREATE TABLE dispatch_position_history_other PARTITION OF dispatch_position_history DEFAULT;
CREATE INDEX position_history_by_unit ON dispatch_position_history (unit_id, at DESC);

-- The partition of a day (UTC) and of the next; harmless when they are there.
CREATE FUNCTION siaga_position_days(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE d date; part text; starts timestamptz; ends timestamptz;
BEGIN
    FOREACH d IN ARRAY ARRAY[day, day + 1] LOOP
        part := 'dispatch_position_history_' || to_char(d, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        starts := d::timestamp AT TIME ZONE 'UTC';
        ends := (d + 1)::timestamp AT TIME ZONE 'UTC';
        -- Points may have come before their day was made: they wait in the default partition and move over.
        EXECUTE format('CREATE TABLE %I (LIKE dispatch_position_history INCLUDING INDEXES)', part);
        EXECUTE format('WITH early AS (DELETE FROM dispatch_position_history_other WHERE at >= %L AND at < %L RETURNING *)
                        INSERT INTO %I SELECT * FROM early', starts, ends, part);
        EXECUTE format('ALTER TABLE dispatch_position_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       part, starts, ends);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_initial")]
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE dispatch_position_history; DROP FUNCTION siaga_position_days(date)")
    ]
