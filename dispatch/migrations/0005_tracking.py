"""Top speed of a unit kind, devices of units, counts of points; room for in-place updates of the newest positions."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dispatch", "0004_words_for_administrators"),
        ("incidents", "0003_words_for_administrators"),
    ]

    operations = [
        migrations.AddField(
            model_name="unittype",
            name="top_speed_kmh",
            field=models.PositiveSmallIntegerField(
                default=200,
                help_text="A tracker's point that would need more than this is refused.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="top speed, km/h",
            ),
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_id", models.CharField(max_length=64, verbose_name="device identifier")),
                (
                    "center",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="devices",
                        to="incidents.center",
                        verbose_name="center",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to="dispatch.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "tracking device",
                "verbose_name_plural": "tracking devices",
                "ordering": ["device_id"],
                "constraints": [models.UniqueConstraint(fields=("center", "device_id"), name="device_once_per_center")],
            },
        ),
        migrations.CreateModel(
            name="PositionCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("taken", "Taken"),
                            ("duplicate", "Sent twice"),
                            ("out_of_order", "Late, into the history alone"),
                            ("unknown_unit", "Unknown unit or device"),
                            ("invalid", "Malformed"),
                            ("in_the_future", "In the future"),
                            ("too_old", "Too old"),
                            ("null_island", "At 0, 0"),
                            ("outside_region", "Outside the region"),
                            ("absurd_speed", "Faster than its kind can be"),
                            ("impossible_jump", "Too far from the point before"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="count")),
                (
                    "center",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="position_counts",
                        to="incidents.center",
                        verbose_name="center",
                    ),
                ),
            ],
            options={
                "verbose_name": "points of trackers",
                "verbose_name_plural": "points of trackers",
                "ordering": ["-day", "reason"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("center", "day", "reason"), name="position_count_once_per_day_and_reason"
                    )
                ],
            },
        ),
        # Each row is rewritten every few seconds: half-empty pages keep the new version beside the old one.
        migrations.RunSQL(
            "ALTER TABLE dispatch_unitposition SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1)",
            "ALTER TABLE dispatch_unitposition RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
