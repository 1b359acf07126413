"""Without the indexes by which nothing is looked up, but for which each referral and assignment pays. Dropped CONCURRENTLY."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NEEDLESS = [
    ("dispatch_referral_center_id_b8deff0d", "dispatch_referral", "center_id"),
    ("dispatch_assignment_center_id_95d167e2", "dispatch_assignment", "center_id"),
    ("dispatch_assignment_assigned_by_id_62d9126f", "dispatch_assignment", "assigned_by_id"),
]


def key(to, name, **more):
    """The state of a foreign key without an index of its own; Django itself would drop and check the key anew."""
    return models.ForeignKey(
        to=to, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name=name, **more
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("dispatch", "0005_tracking")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("referral", "center", key("incidents.center", "referrals")),
                migrations.AlterField("assignment", "center", key("incidents.center", "assignments")),
                migrations.AlterField("assignment", "assigned_by", key(settings.AUTH_USER_MODEL, "+", null=True)),
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
