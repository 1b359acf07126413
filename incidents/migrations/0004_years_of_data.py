"""Indexes for years of data: text search in closed incidents, deletion of what no longer serves; and without those that
only cost a write each. Built and dropped CONCURRENTLY: a room works on meanwhile."""

import django.contrib.postgres.indexes
import django.db.models.deletion
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
        SaferAddIndexConcurrently(
            model_name="incident",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    models.Func(
                        "number",
                        "address",
                        "narrative",
                        function="UPPER",
                        arg_joiner=" || ' ' || ",
                        output_field=models.TextField(),
                    ),
                    name="gin_trgm_ops",
                ),
                condition=models.Q(("status", "closed")),
                fastupdate=False,
                name="incident_searched",
            ),
        ),
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
