"""The SQL that invents a past, one batch of incidents at a time and wholly inside the database. No Python logic here.
Every name in `%(…)s` is given by `past.py`; the temporary tables live as long as the transaction."""

# The hash chain as an aggregate: the state is the newest hash, the first row starts from the head that is there.
# It must say the same as `siaga_append`; `verify_timeline` proves it.
CHAIN = """
DROP TABLE IF EXISTS pg_temp.past_kind, pg_temp.past_spot, pg_temp.past, pg_temp.told, pg_temp.numbered, pg_temp.rung;
DROP AGGREGATE IF EXISTS pg_temp.siaga_chain(bytea, bytea);
DROP FUNCTION IF EXISTS pg_temp.siaga_link;
CREATE FUNCTION pg_temp.siaga_link(state bytea, head bytea, content bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RETURN sha256(coalesce(state, head) || content); END $$;
CREATE AGGREGATE pg_temp.siaga_chain(bytea, bytea) (SFUNC = pg_temp.siaga_link, STYPE = bytea);
"""

PAST_INCIDENTS = """
CREATE TEMP TABLE past ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('incidents_incident', 'id')) AS id,
       (random() * 1000)::int %% (SELECT count(*) FROM past_kind) AS kind_slot,
       (random() * 100000)::int %% (SELECT count(*) FROM past_spot) AS spot_slot,
       drawn.opened_at,
       (random() * 6 + 1) * interval '1 second' + drawn.opened_at AS routed_at,
       (random() * 60 + 10) * interval '1 second' + drawn.opened_at AS dispatched_at,
       (random() * 120 + 75) * interval '1 second' + drawn.opened_at AS en_route_at,
       (random() * 900 + 240) * interval '1 second' + drawn.opened_at AS on_scene_at,
       (random() * 3000 + 1300) * interval '1 second' + drawn.opened_at AS cleared_at,
       (random() * 300 + 4400) * interval '1 second' + drawn.opened_at AS closed_at,
       1 + (random() * 146)::int AS house, 1 + (random() * 8)::int AS rt, 1 + (random() * 11)::int AS rw,
       random() AS a, random() AS b, random() AS c, random() AS d
FROM (SELECT %(start)s::timestamptz + random() * (%(end)s::timestamptz - %(start)s::timestamptz) AS opened_at
      FROM generate_series(1, %(incidents)s) ORDER BY 1) AS drawn;

CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT past.*, kind.type_id, kind.code, kind.name_id, kind.name_en, kind.priority, kind.agency_id, kind.agency_code, kind.units,
       spot.zone_id, spot.zone_name, spot.location,
       (past.opened_at AT TIME ZONE %(timezone)s)::date AS day,
       row_number() OVER (PARTITION BY (past.opened_at AT TIME ZONE %(timezone)s)::date ORDER BY past.opened_at, past.id) AS nth,
       (%(streets)s::text[])[1 + floor(past.a * cardinality(%(streets)s::text[]))::int] || ' No. ' || past.house
           || ', RT ' || lpad(past.rt::text, 2, '0') || ' RW ' || lpad(past.rw::text, 2, '0') || ', '
           || (%(landmarks)s::text[])[1 + floor(past.b * cardinality(%(landmarks)s::text[]))::int]
           || coalesce(', ' || spot.zone_name, '') AS address,
       kind.reports[1 + floor(past.c * cardinality(kind.reports))::int] || ' '
           || (%(notes)s::text[])[1 + floor(past.d * cardinality(%(notes)s::text[]))::int] AS narrative,
       (%(operators)s::bigint[])[1 + floor(past.a * cardinality(%(operators)s::bigint[]))::int] AS operator_id,
       (ARRAY['handled', 'handled', 'handled', 'handled', 'false_report', 'not_found', 'no_action_needed', 'handed_over'])
           [1 + floor(past.b * 8)::int] AS disposition,
       kind.agency_id IS NOT NULL AND cardinality(kind.units) > 0 AS is_served
FROM past JOIN past_kind kind ON kind.slot = past.kind_slot JOIN past_spot spot ON spot.slot = past.spot_slot;

CREATE TEMP TABLE numbered ON COMMIT DROP AS
SELECT told.*, to_char(told.day, 'YYMMDD') || '-' || CASE WHEN n.count < 10000 THEN lpad(n.count::text, 4, '0') ELSE n.count::text END
       AS number, nextval(pg_get_serial_sequence('dispatch_referral', 'id')) AS referral_id,
       nextval(pg_get_serial_sequence('dispatch_assignment', 'id')) AS assignment_id,
       told.units[1 + (told.id %% cardinality(told.units))::int] AS unit_id
FROM told LEFT JOIN incidents_daycount known ON known.center_id = %(center)s AND known.day = told.day,
     LATERAL (SELECT coalesce(known.count, 0) + told.nth AS count) n;

INSERT INTO incidents_daycount (center_id, day, count)
SELECT %(center)s, day, count(*) FROM told GROUP BY day
ON CONFLICT (center_id, day) DO UPDATE SET count = incidents_daycount.count + EXCLUDED.count;

INSERT INTO incidents_incident (id, center_id, number, type_id, priority, location, zone_id, address, narrative, status, version,
    opened_at, opened_by_id, activated_at, first_dispatched_at, first_on_scene_at, closed_at, disposition)
SELECT id, %(center)s, number, type_id, priority, location, zone_id, address, narrative, 'closed', 6,
    opened_at, operator_id, CASE WHEN is_served THEN dispatched_at END, CASE WHEN is_served THEN dispatched_at END,
    CASE WHEN is_served THEN on_scene_at END, closed_at, disposition FROM numbered ORDER BY id;

SELECT siaga_words_months(%(start)s::date, (%(end)s::timestamptz + interval '1 day')::date);
INSERT INTO incidents_closedwords (incident_id, center_id, opened_at, closed_at, words)
SELECT id, %(center)s, opened_at, closed_at, upper(number || ' ' || address || ' ' || narrative) FROM numbered ORDER BY id;
"""

# Per incident one call that told of it, for every seventh a second one, and calls that were none of it: pranks, silence.
PAST_CALLS = """
CREATE TEMP TABLE rung ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('incidents_call', 'id')) AS id, incident_id, operator_id, rang_at, outcome,
       rang_at + (2 + random() * 6) * interval '1 second' AS answered_at,
       rang_at + (20 + random() * 90) * interval '1 second' AS ended_at,
       (1 + floor(random() * %(lines)s))::int AS line,
       CASE WHEN random() < 0.8 THEN '0800-0000-' || lpad((random() * 9999)::int::text, 4, '0') END AS caller_number
FROM (
    SELECT id AS incident_id, operator_id, opened_at - (30 + 30 * a) * interval '1 second' AS rang_at, 'incident' AS outcome FROM numbered
    UNION ALL
    SELECT id, operator_id, opened_at + (60 + 60 * b) * interval '1 second', 'attached' FROM numbered WHERE id %% 7 = 0
    UNION ALL
    SELECT NULL, operator_id, opened_at + (a * 600) * interval '1 second',
           (ARRAY['prank', 'prank', 'ghost', 'ghost', 'abandoned', 'information'])[1 + floor(b * 6)::int]
    FROM numbered, generate_series(1, %(nuisance)s) WHERE d < %(nuisance_share)s
    ORDER BY 3) AS drawn;

INSERT INTO incidents_call (id, center_id, external_id, line, caller_number, status, version, rang_at, answered_at, ended_at, outcome,
    answered_by_id, incident_id)
SELECT id, %(center)s, 'riwayat-' || id, line::text, caller_number, 'ended', 4, rang_at, answered_at, ended_at, outcome,
    operator_id, incident_id FROM rung ORDER BY id;
"""

PAST_DISPATCHES = """
INSERT INTO dispatch_referral (id, center_id, incident_id, agency_id, status, version, routed_at, accepted_at, closed_at, reason,
    proposed, shortfall, decline_reason)
SELECT referral_id, %(center)s, id, agency_id, 'closed', 3, routed_at, dispatched_at, closed_at, %(reason)s::jsonb, '[]', '[]', ''
FROM numbered WHERE is_served ORDER BY referral_id;

INSERT INTO dispatch_assignment (id, center_id, incident_id, unit_id, referral_id, status, version, assigned_by_id, dispatched_at,
    acknowledged_at, en_route_at, on_scene_at, cleared_at, travel_seconds, reason)
SELECT assignment_id, %(center)s, id, unit_id, referral_id, 'cleared', 5, operator_id, dispatched_at,
    dispatched_at + interval '3 seconds', en_route_at, on_scene_at, cleared_at,
    extract(epoch FROM on_scene_at - en_route_at)::int, %(reason)s::jsonb
FROM numbered WHERE is_served ORDER BY assignment_id;
"""

PAST_TIMELINE = """
WITH head AS MATERIALIZED (SELECT seq, head FROM incidents_feed WHERE center_id = %(center)s),
happened AS (
    SELECT rang_at AS at, 1 AS step, 'call_rang' AS kind, NULL::bigint AS actor, NULL::bigint AS incident,
           jsonb_build_object('call', id, 'line', line::text) AS data,
           jsonb_build_object('calls', jsonb_build_array(id)) AS touched FROM rung
    UNION ALL SELECT answered_at, 2, 'call_answered', operator_id, NULL, jsonb_build_object('call', id),
           jsonb_build_object('calls', jsonb_build_array(id)) FROM rung
    UNION ALL SELECT ended_at, 3, 'call_ended', operator_id, incident_id, jsonb_build_object('call', id),
           jsonb_build_object('calls', jsonb_build_array(id)) FROM rung
    UNION ALL SELECT ended_at, 4, 'call_given_outcome', operator_id, incident_id, jsonb_build_object('call', id, 'outcome', outcome),
           jsonb_build_object('calls', jsonb_build_array(id)) FROM rung
    UNION ALL SELECT opened_at, 5, 'incident_opened', operator_id, id,
           jsonb_build_object('number', number, 'type', jsonb_build_object('code', code, 'id', name_id, 'en', name_en),
                              'priority', priority, 'zone', coalesce(zone_name, '–'), 'call', NULL),
           jsonb_build_object('incidents', jsonb_build_array(id)) FROM numbered
    UNION ALL SELECT routed_at, 6, 'referral_routed', NULL, id,
           jsonb_build_object('agency', agency_code, 'reason', %(reason)s::jsonb),
           jsonb_build_object('referrals', jsonb_build_array(referral_id)) FROM numbered WHERE is_served
    UNION ALL SELECT dispatched_at, 7, 'referral_accepted', NULL, id, jsonb_build_object('agency', agency_code),
           jsonb_build_object('referrals', jsonb_build_array(referral_id), 'incidents', jsonb_build_array(id))
           FROM numbered WHERE is_served
    UNION ALL SELECT CASE kind WHEN 'unit_dispatched' THEN dispatched_at WHEN 'unit_en_route' THEN en_route_at
                               WHEN 'unit_on_scene' THEN on_scene_at ELSE cleared_at END,
           8, kind, operator_id, numbered.id,
           jsonb_build_object('unit', unit.call_sign, 'assignment', assignment_id, 'reason',
                              CASE kind WHEN 'unit_dispatched' THEN %(reason)s::jsonb ELSE '"–"' END),
           jsonb_build_object('assignments', jsonb_build_array(assignment_id), 'units', jsonb_build_array(unit_id))
           FROM numbered JOIN dispatch_unit unit ON unit.id = numbered.unit_id,
                (VALUES ('unit_dispatched'), ('unit_en_route'), ('unit_on_scene'), ('unit_cleared')) AS step(kind)
           WHERE is_served
    UNION ALL SELECT closed_at, 9, 'referral_closed', operator_id, id, jsonb_build_object('agency', agency_code),
           jsonb_build_object('referrals', jsonb_build_array(referral_id)) FROM numbered WHERE is_served
    UNION ALL SELECT closed_at, 10, 'incident_closed', operator_id, id, jsonb_build_object('disposition', disposition),
           jsonb_build_object('incidents', jsonb_build_array(id)) FROM numbered
),
counted AS MATERIALIZED (
    SELECT head.seq + row_number() OVER (ORDER BY at, incident, step) AS seq, head.head, happened.* FROM happened, head
),
linked AS (
    SELECT *, pg_temp.siaga_chain(head, convert_to(jsonb_build_array(%(center)s::bigint, seq, extract(epoch FROM at), kind, actor,
        incident, data, touched)::text, 'UTF8')) OVER (ORDER BY seq) AS hash
    FROM counted
),
written AS (
    INSERT INTO incidents_timelineentry (center_id, seq, at, kind, actor_id, incident_id, data, touched, hash)
    SELECT %(center)s, seq, at, kind, actor, incident, data, touched, hash FROM linked ORDER BY seq RETURNING seq, hash
)
UPDATE incidents_feed SET seq = newest.seq, head = newest.hash
FROM (SELECT seq, hash FROM written ORDER BY seq DESC LIMIT 1) AS newest WHERE center_id = %(center)s RETURNING incidents_feed.seq;
"""

PAST_POSITIONS = """
INSERT INTO dispatch_position_history (unit_id, at, lon, lat, speed_kmh, heading)
SELECT unit.id, at, ST_X(place.location) + 0.02 * sin(extract(epoch FROM at) / 900 + unit.id),
       ST_Y(place.location) + 0.02 * cos(extract(epoch FROM at) / 1100 + unit.id), 20 + random() * 30, random() * 360
FROM dispatch_unit unit
LEFT JOIN dispatch_station station ON station.id = unit.station_id
CROSS JOIN LATERAL (SELECT coalesce(station.location, %(middle)s::geometry) AS location) place,
     generate_series(%(start)s::timestamptz, %(end)s::timestamptz, %(every)s::interval) AS at
WHERE unit.center_id = %(center)s AND unit.is_active;
"""
