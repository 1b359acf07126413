"""What was done about it, in words: the timeline kinds of referrals, assignments and units.
Learned by `incidents.words` when the app starts."""

KINDS: dict[str, dict[str, str]] = {
    "incident_routed": {
        "id": "Dirutekan ke {agencies}: kartu {plan[id]}",
        "en": "Routed to {agencies}: card {plan[en]}",
    },
    "incident_routed_to_nobody": {
        "id": "Tidak ada kartu respons untuk {type[id]} prioritas {priority}; diserahkan ke penyelia",
        "en": "No response plan covers {type[en]} priority {priority}; handed to the supervisor",
    },
    "referral_routed": {"id": "Dirujuk ke {agency}: {reason[id]}", "en": "Referred to {agency}: {reason[en]}"},
    "referral_widened": {
        "id": "Rujukan {agency} dilengkapi: {reason[id]}",
        "en": "Referral to {agency} completed: {reason[en]}",
    },
    "referral_accepted": {"id": "{agency} menerima", "en": "{agency} accepted"},
    "referral_declined": {"id": "{agency} menolak: {reason}", "en": "{agency} declined: {reason}"},
    "referral_closed": {"id": "Rujukan {agency} selesai", "en": "Referral to {agency} closed"},
    "units_proposed": {"id": "Usul untuk {agency}: {units}", "en": "Proposed for {agency}: {units}"},
    "units_short": {"id": "{agency} kekurangan: {missing}", "en": "{agency} is short of: {missing}"},
    "unit_dispatched": {"id": "{unit} dikirim: {reason[id]}", "en": "{unit} dispatched: {reason[en]}"},
    "unit_acknowledged": {"id": "{unit} menerima tugas", "en": "{unit} acknowledged"},
    "unit_en_route": {"id": "{unit} menuju lokasi", "en": "{unit} en route"},
    "unit_on_scene": {"id": "{unit} tiba di lokasi", "en": "{unit} on scene"},
    "unit_transporting": {"id": "{unit} membawa pasien", "en": "{unit} transporting"},
    "unit_at_hospital": {"id": "{unit} tiba di rumah sakit", "en": "{unit} at hospital"},
    "unit_cleared": {"id": "{unit} selesai", "en": "{unit} cleared"},
    "unit_canceled": {"id": "Penugasan {unit} dibatalkan: {reason}", "en": "Assignment of {unit} canceled: {reason}"},
    "unit_put_out_of_service": {"id": "{unit} tidak dinas: {reason}", "en": "{unit} out of service: {reason}"},
    "unit_put_off_duty": {"id": "{unit} lepas dinas", "en": "{unit} off duty"},
    "unit_put_into_service": {"id": "{unit} siap", "en": "{unit} in service"},
    # alarms
    "no_plan": {
        "id": "Kejadian {number} ({type[id]}) tanpa kartu respons",
        "en": "Incident {number} ({type[en]}) has no response plan",
    },
    "unit_shortfall": {
        "id": "Kejadian {number}: {agency} kekurangan {missing}",
        "en": "Incident {number}: {agency} is short of {missing}",
    },
    "referral_declined_alarm": {
        "id": "{agency} menolak kejadian {number}: {reason}",
        "en": "{agency} declined incident {number}: {reason}",
    },
    "acceptance_overdue": {
        "id": "{agency} belum menerima kejadian {number}",
        "en": "{agency} has not accepted incident {number}",
    },
    # what an administrator changes
    "agency_changed": {"id": "Instansi {name} diubah", "en": "Agency {name} changed"},
    "station_changed": {"id": "Pos {name} diubah", "en": "Station {name} changed"},
    "unit_changed": {"id": "Unit {name} diubah", "en": "Unit {name} changed"},
    "unit_type_changed": {"id": "Jenis unit {name} diubah", "en": "Unit type {name} changed"},
    "capability_changed": {"id": "Kemampuan {name} diubah", "en": "Capability {name} changed"},
    "plan_changed": {"id": "Kartu respons {name} diubah", "en": "Response plan {name} changed"},
}
