// What somebody typed and the server may not have yet, kept in localStorage until it has.
// It knows drafts, not screens: a reload, a crash or a cut line loses no letter.

/**
 * @typedef {object} Draft
 * @property {string} id
 * @property {string} key Idempotency-Key of the creation, the same after a reload
 * @property {number|null} call
 * @property {string} typeText what stands in the type box
 * @property {string|null} type
 * @property {string} placeText what stands in the location box
 * @property {import('./types.js').Point|null} location
 * @property {string} placeLabel
 * @property {string} address
 * @property {string} narrative
 * @property {number|null} incident its id once created
 * @property {Record<string, unknown>|null} sent body of the creation under way; a retry must send the same
 * @property {{address: string, narrative: string}} saved what the server has
 * @property {number} startedAt ms since the epoch
 */

/** @param {string} username */
export function draftStore(username) {
  const prefix = `siaga.draft.${username}.`;
  return {
    /** @returns {Draft[]} oldest first */
    all() {
      const drafts = [];
      for (let index = 0; index < localStorage.length; index++) {
        const name = localStorage.key(index);
        if (!name?.startsWith(prefix)) continue;
        try {
          drafts.push(JSON.parse(localStorage.getItem(name) ?? ''));
        } catch {
          localStorage.removeItem(name);
        }
      }
      return drafts.sort((a, b) => a.startedAt - b.startedAt);
    },
    /** @param {Draft} draft */
    save(draft) {
      localStorage.setItem(prefix + draft.id, JSON.stringify(draft));
    },
    /** @param {string} id */
    remove(id) {
      localStorage.removeItem(prefix + id);
    },
  };
}

/**
 * @param {string} key
 * @param {number|null} call
 * @param {number} startedAt
 * @returns {Draft}
 */
export function newDraft(key, call, startedAt) {
  return {
    id: key, key, call, typeText: '', type: null, placeText: '', location: null, placeLabel: '',
    address: '', narrative: '', incident: null, sent: null, saved: { address: '', narrative: '' }, startedAt,
  };
}

/** Whether something was typed that the server does not have. @param {Draft} draft */
export const isUnsaved = (draft) =>
  draft.incident === null
    ? Boolean(draft.typeText || draft.placeText || draft.location || draft.address || draft.narrative)
    : draft.address !== draft.saved.address || draft.narrative !== draft.saved.narrative;
