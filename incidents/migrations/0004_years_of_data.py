"""Years of data: the words of closed incidents by month for the search, indexes for what is deleted when it no longer
serves; and without those that only cost a write each. Built and dropped CONCURRENTLY: a room works on meanwhile."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django_pg_migration_tools.operations import SaferAddIndexConcurrently

# Twins of the first column of another index, and people, whose rows are never deleted.
NEEDLESS = [
    ("incidents_timelineentry_actor_id_a2b3a581", "incidents_timelineentry", "actor_id"),
    ("incidents_timelineentry_center_id_e73838cb", "incidents_timelineentry", "center_id"),
    ("incidents_timelineentry_incident_id_1647aff9", "incidents_timelineentry", "incident_id"),
    ("incidents_incident_center_id_ecf18fb9", "incidents_incident", "center_id"),
    ("incidents_incident_opened_by_id_06ceaa88", "incidents_incident", "opened_by_id"),
    ("incidents_call_answered_by_id_025734bd", "incidents_call", "answered_by_id"),
    ("incidents_call_center_id_6b68cd0b", "incidents_call", "center_id"),
]


CLOSED_WORDS = """
CREATE TABLE incidents_closedwords (
    incident_id bigint NOT NULL, center_id bigint NOT NULL, opened_at timestamptz NOT NULL, closed_at timestamptz NOT NULL,
    words text NOT NULL, PRIMARY KEY (incident_id, closed_at)
) PARTITION BY RANGE (closed_at);
CREATE TABLE incidents_closedwords_other PARTITION OF incidents_closedwords DEFAULT;
CREATE INDEX closedwords_opened ON incidents_closedwords (center_id, opened_at DESC);
CREATE INDEX closedwords_closed ON incidents_closedwords (center_id, closed_at DESC);
-- A word goes to a short list first (0.07 instead of 1 ms a row); the one that fills it, about every 400th, pays 25 ms.
CREATE INDEX closedwords_found ON incidents_closedwords USING gin (words gin_trgm_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 1024);

-- The partitions of the months (UTC) from one day to another; harmless when they are there.
CREATE FUNCTION siaga_words_months(first date, last date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m date; part text; starts timestamptz; ends timestamptz;
BEGIN
    FOR m IN SELECT generate_series(date_trunc('month', first::timestamp), last::timestamp, '1 month')::date LOOP
        part := 'incidents_closedwords_' || to_char(m, 'YYYYMM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        starts := m::timestamp AT TIME ZONE 'UTC';
        ends := (m + interval '1 month')::timestamp AT TIME ZONE 'UTC';
        EXECUTE format('CREATE TABLE %I (LIKE incidents_closedwords INCLUDING INDEXES)', part);
        -- What closed before its month was made waits in the default partition and moves over.
        EXECUTE format('WITH early AS (DELETE FROM incidents_closedwords_other WHERE closed_at >= %L AND closed_at < %L
                        RETURNING *) INSERT INTO %I SELECT * FROM early', starts, ends, part);
        EXECUTE format('ALTER TABLE incidents_closedwords ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, starts, ends);
    END LOOP;
END
$$;
"""
FILLED_AT_ONCE = 5000


def fill_closed_words(apps, schema_editor):
    """What has closed already, a few thousand in each transaction; the trigger takes what closes meanwhile."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            """SELECT siaga_words_months(coalesce(min(closed_at), now())::date, (now() + interval '1 month')::date), max(id)
               FROM incidents_incident"""
        )
        newest = cursor.fetchone()[1] or 0
        for first in range(0, newest + 1, FILLED_AT_ONCE):
            cursor.execute(
                """INSERT INTO incidents_closedwords (incident_id, center_id, opened_at, closed_at, words)
                   SELECT id, center_id, opened_at, closed_at, upper(number || ' ' || address || ' ' || narrative)
                   FROM incidents_incident WHERE id >= %s AND id < %s AND status = 'closed' AND closed_at IS NOT NULL
                   ON CONFLICT DO NOTHING""",
                [first, first + FILLED_AT_ONCE],
            )


def key(to, name, **more):
    """The state of a foreign key without an index of its own; Django itself would drop and check the key anew."""
    return models.ForeignKey(
        to=to, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name=name, **more
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("incidents", "0003_words_for_administrators")]
    operations = [
        TrigramExtension(),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ClosedWords",
                    fields=[
                        (
                            "incident",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="incidents.incident",
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField()),
                        ("words", models.TextField()),
                        (
                            "center",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="incidents.center",
                            ),
                        ),
                    ],
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    CLOSED_WORDS, "DROP TABLE incidents_closedwords; DROP FUNCTION siaga_words_months(date, date)"
                )
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="words_when_closed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.status = 'closed' AND (OLD.status, OLD.number, OLD.address, OLD.narrative, OLD.closed_at)\n               IS DISTINCT FROM (NEW.status, NEW.number, NEW.address, NEW.narrative, NEW.closed_at))",
                    func="\n            DELETE FROM incidents_closedwords WHERE OLD.status = 'closed' AND incident_id = OLD.id;\n            INSERT INTO incidents_closedwords (incident_id, center_id, opened_at, closed_at, words)\n            VALUES (NEW.id, NEW.center_id, NEW.opened_at, coalesce(NEW.closed_at, now()),\n                    upper(NEW.number || ' ' || NEW.address || ' ' || NEW.narrative));\n            RETURN NULL;\n        ",
                    hash="01be59658f9c5cf764824cabcab18c49c3211b6e",
                    operation="UPDATE",
                    pgid="pgtrigger_words_when_closed_ca869",
                    table="incidents_incident",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunPython(fill_closed_words, migrations.RunPython.noop),
        SaferAddIndexConcurrently(
            model_name="idempotencykey",
            index=models.Index(fields=["created_at"], name="idempotency_key_oldest"),
        ),
        SaferAddIndexConcurrently(
            model_name="job",
            index=models.Index(condition=models.Q(("status", "parked")), fields=["center"], name="job_parked"),
        ),
        SaferAddIndexConcurrently(
            model_name="job",
            index=models.Index(condition=models.Q(("status", "done")), fields=["done_at"], name="job_done"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "call",
                    "answered_by",
                    key(settings.AUTH_USER_MODEL, "+", null=True, verbose_name="answered by"),
                ),
                migrations.AlterField("call", "center", key("incidents.center", "calls")),
                migrations.AlterField("incident", "center", key("incidents.center", "incidents")),
                migrations.AlterField(
                    "incident",
                    "opened_by",
                    key(settings.AUTH_USER_MODEL, "+", null=True, verbose_name="opened by"),
                ),
                migrations.AlterField(
                    "timelineentry", "actor", key(settings.AUTH_USER_MODEL, "+", null=True, verbose_name="who")
                ),
                migrations.AlterField("timelineentry", "center", key("incidents.center", "+")),
                migrations.AlterField(
                    "timelineentry",
                    "incident",
                    key("incidents.incident", "timeline", null=True, verbose_name="incident"),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({column})",
                )
                for name, table, column in NEEDLESS
            ],
        ),
    ]
