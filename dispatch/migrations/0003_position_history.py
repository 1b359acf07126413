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
DECLARE d date;
BEGIN
    FOREACH d IN ARRAY ARRAY[day, day + 1] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS dispatch_position_history_%s PARTITION OF dispatch_position_history
                        FOR VALUES FROM (%L) TO (%L)', to_char(d, 'YYYYMMDD'),
                       d::timestamp AT TIME ZONE 'UTC', (d + 1)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_initial")]
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE dispatch_position_history; DROP FUNCTION siaga_position_days(date)")
    ]
