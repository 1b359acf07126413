"""Archives of whole months, and the only way in which entries leave the timeline: those that stand in one."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

FORGET = """
-- Takes at most `batch` archived entries out of the timeline, oldest first; returns how many. What is left is chained to
-- the hash of the last one taken, which the archive's row keeps.
CREATE FUNCTION siaga_forget(archive bigint, batch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE a incidents_archive%ROWTYPE; upto bigint; newest bytea; taken int;
BEGIN
    SELECT * INTO a FROM incidents_archive WHERE id = archive FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no archive %', archive;
    END IF;
    IF a.gone_seq >= a.last_seq THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT 1 FROM incidents_timelineentry WHERE center_id = a.center_id AND seq <= a.gone_seq) THEN
        RAISE EXCEPTION 'archive %: older entries are still here', archive;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM incidents_timelineentry
                   WHERE center_id = a.center_id AND seq = a.last_seq AND hash = a.last_hash) THEN
        RAISE EXCEPTION 'archive %: it is not of this timeline', archive;
    END IF;
    upto := least(a.last_seq, a.gone_seq + batch);
    SELECT hash INTO STRICT newest FROM incidents_timelineentry WHERE center_id = a.center_id AND seq = upto;
    PERFORM set_config('siaga.forgetting', archive::text, true);
    DELETE FROM incidents_timelineentry WHERE center_id = a.center_id AND seq > a.gone_seq AND seq <= upto;
    GET DIAGNOSTICS taken = ROW_COUNT;
    UPDATE incidents_archive SET gone_seq = upto, gone_hash = newest WHERE id = archive;
    PERFORM set_config('siaga.forgetting', '', true);
    RETURN taken;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0004_years_of_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("ends_at", models.DateTimeField()),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("prior_hash", models.BinaryField()),
                ("last_hash", models.BinaryField()),
                ("manifest_sha256", models.BinaryField(max_length=32)),
                ("written_at", models.DateTimeField()),
                ("gone_seq", models.BigIntegerField()),
                ("gone_hash", models.BinaryField()),
                (
                    "center",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.center"
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="timelineentry",
            name="append_only",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="timelineentry",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="bcaf5396efe33815fa0952592ca6578b2d916946",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_dff51",
                    table="incidents_timelineentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="timelineentry",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM incidents_archive\n                        WHERE id = nullif(current_setting('siaga.forgetting', true), '')::bigint\n                          AND center_id = OLD.center_id AND OLD.seq BETWEEN first_seq AND last_seq) THEN\n                        RAISE EXCEPTION 'the timeline is append-only';\n                    END IF;\n                    RETURN OLD;\n                ",
                    hash="45164a73398e70d0526c673f67cc8aad44652425",
                    operation="DELETE",
                    pgid="pgtrigger_append_only_973d6",
                    table="incidents_timelineentry",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.UniqueConstraint(fields=("center", "month"), name="archive_once_per_month"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="archive",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="fd5c35acac6fe3220b7777a6947dc87a71a195e2",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_c9bfe",
                    table="incidents_archive",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="archive",
            trigger=pgtrigger.compiler.Trigger(
                name="is_of_this_timeline",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.last_seq >= NEW.first_seq AND NOT EXISTS (\n                        SELECT 1 FROM incidents_timelineentry\n                        WHERE center_id = NEW.center_id AND seq = NEW.last_seq AND hash = NEW.last_hash) THEN\n                        RAISE EXCEPTION 'archive: entry % has another hash', NEW.last_seq USING ERRCODE = '23514';\n                    END IF;\n                    NEW.gone_seq = NEW.first_seq - 1;\n                    NEW.gone_hash = NEW.prior_hash;\n                    RETURN NEW;\n                ",
                    hash="367884f1dbdab1d65fecca5e691ba66dc05b8b68",
                    operation="INSERT",
                    pgid="pgtrigger_is_of_this_timeline_f0b6a",
                    table="incidents_archive",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="archive",
            trigger=pgtrigger.compiler.Trigger(
                name="only_what_is_gone_changes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF current_setting('siaga.forgetting', true) IS DISTINCT FROM NEW.id::text\n                       OR (NEW.center_id, NEW.month, NEW.first_seq, NEW.last_seq, NEW.prior_hash, NEW.last_hash)\n                       IS DISTINCT FROM (OLD.center_id, OLD.month, OLD.first_seq, OLD.last_seq, OLD.prior_hash, OLD.last_hash)\n                    THEN\n                        RAISE EXCEPTION 'archive: what was written does not change' USING ERRCODE = '23514';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="bf9e76c7eab1003acaa53a55db796ff3f9b17e56",
                    operation="UPDATE",
                    pgid="pgtrigger_only_what_is_gone_changes_514e7",
                    table="incidents_archive",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(FORGET, "DROP FUNCTION siaga_forget(bigint, int)"),
    ]
