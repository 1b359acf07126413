"""Archives: which months of a center were written to files, and how far its timeline was taken out afterwards.
The files themselves are `commandcenter/history`'s matter."""

from __future__ import annotations

import pgtrigger
from django.db import models

from incidents.models.center import Center


class Archive(models.Model):
    """One month of one center as it was written: its stretch of the timeline between two hashes, and the manifest's hash.
    Only what was taken out since then may change. The timeline of the table begins after the newest `gone_seq`."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="+")
    month = models.DateField()
    ends_at = models.DateTimeField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    prior_hash = models.BinaryField()
    last_hash = models.BinaryField()
    manifest_sha256 = models.BinaryField(max_length=32)
    written_at = models.DateTimeField()
    gone_seq = models.BigIntegerField()
    gone_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["center", "month"], name="archive_once_per_month")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="is_of_this_timeline",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NEW.last_seq >= NEW.first_seq AND NOT EXISTS (
                        SELECT 1 FROM incidents_timelineentry
                        WHERE center_id = NEW.center_id AND seq = NEW.last_seq AND hash = NEW.last_hash) THEN
                        RAISE EXCEPTION 'archive: entry % has another hash', NEW.last_seq USING ERRCODE = '23514';
                    END IF;
                    NEW.gone_seq = NEW.first_seq - 1;
                    NEW.gone_hash = NEW.prior_hash;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="only_what_is_gone_changes",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF current_setting('siaga.forgetting', true) IS DISTINCT FROM NEW.id::text
                       OR (NEW.center_id, NEW.month, NEW.first_seq, NEW.last_seq, NEW.prior_hash, NEW.last_hash)
                       IS DISTINCT FROM (OLD.center_id, OLD.month, OLD.first_seq, OLD.last_seq, OLD.prior_hash, OLD.last_hash)
                    THEN
                        RAISE EXCEPTION 'archive: what was written does not change' USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.center_id} {self.month:%Y-%m}"
