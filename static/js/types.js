// The shapes of rows and frames as the API sends them (docs/api.md); types alone, no code.
// All times are ISO 8601 UTC; durations are in seconds; points are {lat, lon} in degrees.

/** @typedef {{id: string, en: string}} Words */
/** @typedef {{lat: number, lon: number}} Point */
/** @typedef {'police'|'fire'|'social'|'disaster'|'medical'|'traffic'|'public_order'} Discipline */

/**
 * @typedef {object} Call
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {'ringing'|'answered'|'held'|'ended'} status
 * @property {string} line
 * @property {string|null} caller_number
 * @property {string} rang_at
 * @property {string|null} answered_at
 * @property {string|null} held_at
 * @property {string|null} ended_at
 * @property {string|null} outcome
 * @property {string|null} answered_by username
 * @property {number|null} incident
 * @property {string[]} [masked] fields that are masked for this user
 */

/**
 * @typedef {object} Incident
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {'pending'|'active'|'closed'} status
 * @property {string} number e.g. "241124-0007"
 * @property {string} type code of the incident type
 * @property {Discipline} category
 * @property {number} priority 1 (highest) to 5
 * @property {Point} location
 * @property {string|null} zone
 * @property {string} address
 * @property {string} narrative
 * @property {string} opened_at
 * @property {string} opened_by
 * @property {string|null} activated_at
 * @property {string|null} closed_at
 * @property {string|null} disposition
 * @property {number|null} parent
 * @property {number} calls
 * @property {number} notes
 * @property {string|null} first_dispatched_at
 * @property {string|null} first_on_scene_at
 * @property {string[]} [masked] fields that are masked for this user
 */

/**
 * @typedef {object} Proposal
 * @property {string} call_sign
 * @property {number} unit_id
 * @property {number} travel_seconds
 * @property {Words} reason
 */

/**
 * @typedef {object} Referral
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {number} incident
 * @property {string} agency
 * @property {Discipline} discipline
 * @property {'routed'|'accepted'|'declined'|'closed'} status
 * @property {string} routed_at
 * @property {string|null} accepted_at
 * @property {Words} reason
 * @property {Proposal[]} proposed
 * @property {{capability: string, count: number}[]} shortfall
 */

/** @typedef {'dispatched'|'acknowledged'|'en_route'|'on_scene'|'transporting'|'at_hospital'|'cleared'|'canceled'} Step */

/**
 * @typedef {object} Assignment
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {number} incident
 * @property {string} incident_number
 * @property {string} unit call sign
 * @property {number} unit_id
 * @property {string} agency
 * @property {Discipline} discipline
 * @property {Step} status
 * @property {string} dispatched_at
 * @property {string|null} acknowledged_at
 * @property {string|null} en_route_at
 * @property {string|null} on_scene_at
 * @property {string|null} transporting_at
 * @property {string|null} at_hospital_at
 * @property {string|null} cleared_at
 * @property {string|null} canceled_at
 * @property {number|null} travel_seconds
 * @property {Words} reason
 * @property {string} assigned_by
 */

/**
 * @typedef {object} Unit
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {string} call_sign
 * @property {string} agency
 * @property {Discipline} discipline
 * @property {string} unit_type
 * @property {Words} unit_type_name
 * @property {string|null} station
 * @property {string[]} capabilities
 * @property {Point|null} location
 * @property {string|null} location_at
 * @property {number|null} heading degrees
 * @property {number|null} speed_kmh
 * @property {'available'|'dispatched'|'en_route'|'on_scene'|'transporting'|'at_hospital'|'out_of_service'|'off_duty'} status
 * @property {boolean} is_active
 * @property {number|null} assignment
 * @property {number|null} incident
 */

/**
 * @typedef {object} Alarm
 * @property {number} id
 * @property {number} version
 * @property {boolean} on_board
 * @property {string} kind
 * @property {number} priority 1 to 3
 * @property {Words} words
 * @property {number|null} incident
 * @property {string} raised_at
 * @property {'raised'|'acknowledged'|'cleared'} status
 * @property {string|null} acknowledged_by
 */

/**
 * @typedef {object} TimelineEntry
 * @property {number} seq
 * @property {string} at
 * @property {string} kind
 * @property {string|null} actor
 * @property {string|null} actor_name
 * @property {number|null} incident
 * @property {Record<string, unknown>} data
 * @property {Words} words
 */

/** @typedef {{calls: Call[], incidents: Incident[], referrals: Referral[], assignments: Assignment[], units: Unit[], alarms: Alarm[]}} Rows */
/** @typedef {{code: string, name: string, timezone?: string, location: Point}} Center */
/** @typedef {{seq: number, server_time: string, center: Center} & Rows} Snapshot */
/** @typedef {{type: 'frame', since: number, seq: number, entries: TimelineEntry[], rows: Partial<Rows>}} Frame */

/**
 * @typedef {object} IncidentType
 * @property {string} code
 * @property {Words} name
 * @property {Discipline} category
 * @property {number} default_priority
 * @property {string[]} [keywords]
 */

/**
 * @typedef {object} Recommendation
 * @property {string} call_sign
 * @property {number} unit_id
 * @property {string} agency
 * @property {Discipline} discipline
 * @property {string} unit_type
 * @property {string} status
 * @property {number} travel_seconds
 * @property {number} distance_m
 * @property {Words} reason
 * @property {boolean} fits
 */

/** @typedef {{label: string, kind: string, location: Point, detail?: Words|string}} Place */
/** @typedef {{code: string, name: Words, discipline: Discipline}} Agency */
/** @typedef {{id: number, at: string, author?: string, author_name?: string, text: string}} Note */

/**
 * @typedef {object} UnitPosition
 * @property {number} unit id of the unit
 * @property {number} lat
 * @property {number} lon
 * @property {number|null} heading degrees
 * @property {number|null} speed km/h
 * @property {number} at server time of the fix, ms since the epoch
 */

/** @typedef {{code: string, since: string, words: Words}} Trouble a part of the installation that is away */

export {};
