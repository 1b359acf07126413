"""What happened, in words: each kind of timeline entry and of alarm, in Indonesian and in English.
Placeholders are fields of the entry's data; `X_id` and `X_en` are taken by language where data holds {X: {id, en}}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS: dict[str, dict[str, str]] = {
    # calls
    "call_rang": {"id": "Panggilan masuk di saluran {line}", "en": "A call rang on line {line}"},
    "call_answered": {"id": "Panggilan dijawab", "en": "Call answered"},
    "call_held": {"id": "Panggilan ditahan", "en": "Call held"},
    "call_resumed": {"id": "Panggilan dilanjutkan", "en": "Call resumed"},
    "call_ended": {"id": "Panggilan berakhir", "en": "Call ended"},
    "call_given_outcome": {"id": "Hasil panggilan: {outcome}", "en": "Outcome of the call: {outcome}"},
    # incidents
    "incident_opened": {
        "id": "Kejadian {number} dibuka: {type[id]}, prioritas {priority}, {zone}",
        "en": "Incident {number} opened: {type[en]}, priority {priority}, {zone}",
    },
    "incident_changed": {"id": "Diubah: {fields}", "en": "Changed: {fields}"},
    "priority_changed": {"id": "Prioritas {old} menjadi {new}", "en": "Priority {old} became {new}"},
    "note_added": {"id": "Catatan ditambahkan", "en": "Note added"},
    "call_attached": {"id": "Panggilan digabungkan ke kejadian ini", "en": "Call attached to this incident"},
    "duplicate_linked": {"id": "Ditandai sama dengan {parent}", "en": "Linked as a duplicate of {parent}"},
    "incident_closed": {"id": "Kejadian ditutup: {disposition}", "en": "Incident closed: {disposition}"},
    # alarms
    "alarm_raised": {"id": "Alarm: {words[id]}", "en": "Alarm: {words[en]}"},
    "alarm_acknowledged": {"id": "Alarm diterima: {words[id]}", "en": "Alarm acknowledged: {words[en]}"},
    "alarm_cleared": {"id": "Alarm selesai: {words[id]}", "en": "Alarm cleared: {words[en]}"},
    "job_parked": {
        "id": "Pekerjaan {key} gagal {attempts} kali dan dihentikan",
        "en": "Job {key} failed {attempts} times and was parked",
    },
    "job_parked_alarm": {
        "id": "Pekerjaan {job} gagal {attempts} kali",
        "en": "Job {job} failed {attempts} times",
    },
    "job_retried": {"id": "Pekerjaan {key} dicoba lagi", "en": "Job {key} is tried again"},
    # personal data: who looked, never what was seen; the reason stands in the access log
    "number_revealed": {
        "id": "Nomor penelepon dibuka (catatan akses {access})",
        "en": "Caller's number revealed (access {access})",
    },
    "words_revealed": {
        "id": "Keterangan medis dibuka (catatan akses {access})",
        "en": "Medical words revealed (access {access})",
    },
    "glass_broken": {
        "id": "Kejadian {number} dibuka secara darurat (catatan akses {access})",
        "en": "Incident {number} opened by breaking the glass (access {access})",
    },
    "glass_broken_alarm": {
        "id": "Kejadian {number} dibuka secara darurat oleh {role[id]} yang tidak berwenang",
        "en": "Incident {number} was opened by breaking the glass, by a {role[en]} who has no part in it",
    },
    "person_exported": {
        "id": "Data pribadi satu orang diekspor (catatan akses {access})",
        "en": "The personal data of one person exported (access {access})",
    },
    "person_erased": {
        "id": "Data pribadi satu orang dihapus: {calls} panggilan, {incidents} kejadian, {notes} catatan (catatan akses {access})",
        "en": "The personal data of one person erased: {calls} calls, {incidents} incidents, {notes} notes (access {access})",
    },
    "personal_data_blanked": {
        "id": "Data pribadi lama dikosongkan: {numbers} nomor, {incidents} kejadian, {notes} catatan",
        "en": "Old personal data blanked: {numbers} numbers, {incidents} incidents, {notes} notes",
    },
    # parts of the installation itself: alarms, and the strip of the supervisor's screens
    "postgres_away": {
        "id": "Basis data tidak terjangkau: yang diketik disimpan di sini dan dikirim begitu ia kembali",
        "en": "The database is away: what you type is kept here and sent when it is back",
    },
    "redis_away": {
        "id": "Redis tidak terjangkau: ruang tetap berjalan, satu detik lebih lambat",
        "en": "Redis is away: the room goes on, a second slower",
    },
    "workers_away": {
        "id": "Tidak ada proses pekerja: kejadian baru tidak diteruskan sendiri ke instansi",
        "en": "No worker is running: new incidents are not routed to agencies by themselves",
    },
    "sweepers_away": {
        "id": "Tidak ada sweeper: batas waktu dan pekerjaan tertinggal tidak diawasi",
        "en": "No sweeper is running: time limits and work left behind are not watched",
    },
    "routing_waits": {
        "id": "Pekerjaan menunggu: ada kejadian yang belum diteruskan, kirim unit dengan tangan",
        "en": "Work is waiting: there are incidents not yet routed, send units by hand",
    },
    "disk_low": {
        "id": "Cakram {host} hampir penuh: riwayat posisi dan arsip tidak ditulis",
        "en": "The disk of {host} is nearly full: past positions and archives are not written",
    },
    # what an administrator changes
    "incident_type_changed": {"id": "Jenis kejadian {name} diubah", "en": "Incident type {name} changed"},
    "zones_changed": {"id": "Zona diubah: {name}", "en": "Zones changed: {name}"},
    "user_changed": {"id": "Pengguna {name} diubah", "en": "User {name} changed"},
}

# Codes that stand in an entry's data, as people say them. A disposition may be any text; these are the console's.
CODES: dict[str, dict[str, str]] = {
    "incident": {"id": "kejadian", "en": "incident"},
    "attached": {"id": "digabung", "en": "attached"},
    "information": {"id": "informasi", "en": "information"},
    "prank": {"id": "prank", "en": "prank"},
    "ghost": {"id": "hantu (diam)", "en": "ghost (silent)"},
    "abandoned": {"id": "ditinggalkan", "en": "abandoned"},
    "transferred": {"id": "dialihkan", "en": "transferred"},
    "test": {"id": "uji coba", "en": "test"},
    "handled": {"id": "tertangani", "en": "handled"},
    "false_report": {"id": "laporan palsu", "en": "false report"},
    "not_found": {"id": "tidak ditemukan di lokasi", "en": "nothing found"},
    "no_action_needed": {"id": "tidak perlu tindakan", "en": "no action needed"},
    "handed_over": {"id": "diserahkan ke instansi lain", "en": "handed over"},
    "duplicate": {"id": "laporan ganda", "en": "duplicate"},
    "address": {"id": "alamat", "en": "address"},
    "narrative": {"id": "keterangan", "en": "narrative"},
    "location": {"id": "lokasi", "en": "location"},
    "type": {"id": "jenis", "en": "type"},
}
CODED_FIELDS = ("outcome", "disposition", "fields")


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def words_of(kind: str, data: Mapping[str, Any]) -> dict[str, str]:
    """{"id", "en"} for a kind and its data. A kind without words is shown by its name, never as an error."""
    template = KINDS.get(kind)
    if template is None:
        return {"id": kind, "en": kind}
    try:
        return {language: text.format_map(_said(data, language)) for language, text in template.items()}
    except (KeyError, IndexError, TypeError, ValueError):
        return {"id": kind, "en": kind}


def _said(data: Mapping[str, Any], language: str) -> _Lenient:
    """The data with its codes in words; a list of codes is joined by commas."""
    said = _Lenient(data)
    for field in CODED_FIELDS:
        value = said.get(field)
        if isinstance(value, str):
            said[field] = ", ".join(CODES.get(code, {}).get(language, code) for code in value.split(", "))
    return said


def learn(kinds: Mapping[str, dict[str, str]]) -> None:
    """Adds the kinds of another app. A kind has one home: the same name twice is a programming error."""
    twice = KINDS.keys() & kinds.keys()
    if twice:
        raise ValueError(f"kinds with two homes: {sorted(twice)}")
    KINDS.update(kinds)
