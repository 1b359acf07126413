// The board store: every open row, as the snapshot and the frames say. It knows rows and versions,
// and nothing of sockets, panes or the language.

/** @typedef {'calls'|'incidents'|'referrals'|'assignments'|'units'|'alarms'} Kind */

export const KINDS = /** @type {Kind[]} */ (['calls', 'incidents', 'referrals', 'assignments', 'units', 'alarms']);
const RECENT_MS = 24 * 3600 * 1000;
const ANSWERS_KEPT = 100;

export class Board {
  /** @type {Map<number, import('./types.js').Call>} */ calls = new Map();
  /** @type {Map<number, import('./types.js').Incident>} */ incidents = new Map();
  /** @type {Map<number, import('./types.js').Referral>} */ referrals = new Map();
  /** @type {Map<number, import('./types.js').Assignment>} */ assignments = new Map();
  /** @type {Map<number, import('./types.js').Unit>} */ units = new Map();
  /** @type {Map<number, import('./types.js').Alarm>} */ alarms = new Map();
  /** Incidents closed within the last day. @type {Map<number, import('./types.js').Incident>} */ closed = new Map();
  /** Seconds it took to answer, newest last, by call. @type {Map<number, number>} */ answerSeconds = new Map();
  seq = 0;
  /** Versions of rows that left the board, so that a late older copy does not bring them back. @type {Map<string, number>} */
  #gone = new Map();
  /** @type {Set<(kinds: Set<Kind>) => void>} */
  #listeners = new Set();
  /** @type {Map<number, import('./types.js').Assignment[]>|null} */ #byIncident = null;
  /** @type {Map<number, import('./types.js').Referral[]>|null} */ #referralsByIncident = null;

  /** @param {(kinds: Set<Kind>) => void} listener told which kinds of row changed */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replace everything. @param {import('./types.js').Snapshot} snapshot */
  load(snapshot) {
    this.#gone.clear();
    this.seq = snapshot.seq;
    for (const kind of KINDS) {
      const rows = /** @type {Map<number, any>} */ (this[kind]);
      rows.clear();
      for (const row of snapshot[kind] ?? []) this.#put(kind, row);
    }
    this.#tell(new Set(KINDS));
  }

  /** Take whole rows; a repeat is harmless. @param {Partial<import('./types.js').Rows>} rows @param {number} [seq] */
  apply(rows, seq) {
    const changed = /** @type {Set<Kind>} */ (new Set());
    for (const kind of KINDS) {
      for (const row of rows[kind] ?? []) if (this.#put(kind, row)) changed.add(kind);
    }
    if (seq) this.seq = Math.max(this.seq, seq);
    if (changed.size) this.#tell(changed);
  }

  /** Closed incidents from the archive. @param {import('./types.js').Incident[]} incidents */
  loadClosed(incidents) {
    for (const incident of incidents) this.#put('incidents', incident);
    this.#tell(new Set(/** @type {Kind[]} */ (['incidents'])));
  }

  /** @param {Kind} kind @param {any} row @returns {boolean} whether it changed the board */
  #put(kind, row) {
    const rows = /** @type {Map<number, any>} */ (this[kind]);
    const known = rows.get(row.id)?.version ?? this.#gone.get(`${kind}${row.id}`) ?? -1;
    if (row.version < known) return false;
    if (row.on_board === false) {
      rows.delete(row.id);
      this.#gone.set(`${kind}${row.id}`, row.version);
    } else rows.set(row.id, row);
    if (kind === 'incidents') this.#keepClosed(row);
    if (kind === 'calls') this.#keepAnswer(row);
    if (kind === 'assignments') this.#byIncident = null;
    if (kind === 'referrals') this.#referralsByIncident = null;
    return true;
  }

  /** @param {import('./types.js').Incident} incident */
  #keepClosed(incident) {
    if (incident.status === 'closed') this.closed.set(incident.id, incident);
    else this.closed.delete(incident.id);
  }

  /** @param {import('./types.js').Call} call */
  #keepAnswer(call) {
    if (!call.answered_at || this.answerSeconds.has(call.id)) return;
    this.answerSeconds.set(call.id, Math.max(0, (Date.parse(call.answered_at) - Date.parse(call.rang_at)) / 1000));
    const oldest = this.answerSeconds.keys().next().value;
    if (this.answerSeconds.size > ANSWERS_KEPT && oldest !== undefined) this.answerSeconds.delete(oldest);
  }

  /** Forget what was closed more than a day ago. @param {number} now ms since the epoch */
  prune(now) {
    for (const [id, incident] of this.closed) {
      if (incident.closed_at && now - Date.parse(incident.closed_at) > RECENT_MS) this.closed.delete(id);
    }
  }

  /** An incident, open or lately closed. @param {number|null|undefined} id */
  incident(id) {
    return id == null ? undefined : (this.incidents.get(id) ?? this.closed.get(id));
  }

  /** Open assignments of an incident, oldest first. @param {number} incident */
  assignmentsOf(incident) {
    this.#byIncident ??= group(this.assignments.values());
    return this.#byIncident.get(incident) ?? [];
  }

  /** Open referrals of an incident, oldest first. @param {number} incident */
  referralsOf(incident) {
    this.#referralsByIncident ??= group(this.referrals.values());
    return this.#referralsByIncident.get(incident) ?? [];
  }

  /** @param {string} callSign */
  unit(callSign) {
    for (const unit of this.units.values()) if (unit.call_sign === callSign) return unit;
    return undefined;
  }

  /** @param {Set<Kind>} kinds */
  #tell(kinds) {
    for (const listener of this.#listeners) listener(kinds);
  }
}

/**
 * @template {{id: number, incident: number}} Row
 * @param {Iterable<Row>} rows
 * @returns {Map<number, Row[]>}
 */
function group(rows) {
  const groups = /** @type {Map<number, Row[]>} */ (new Map());
  for (const row of rows) groups.set(row.incident, [...(groups.get(row.incident) ?? []), row]);
  for (const list of groups.values()) list.sort((a, b) => a.id - b.id);
  return groups;
}
