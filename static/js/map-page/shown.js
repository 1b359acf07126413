// Which agencies the supervisor looks at, kept on this computer.
// It answers whether a row is looked at; it draws nothing.

import { board, changed } from '../console/context.js';

const KEPT = 'siaga.map.hidden-agencies';

/** @returns {Set<string>} */
function kept() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEPT) ?? '[]'));
  } catch {
    return new Set();
  }
}

const hidden = kept();

/** @param {string} agency code */
export const isAgencyShown = (agency) => !hidden.has(agency);

export const isAnyHidden = () => hidden.size > 0;

/** @param {string} agency @param {boolean} isShown */
export function showAgency(agency, isShown) {
  if (isShown) hidden.delete(agency);
  else hidden.add(agency);
  keep();
}

export function showAllAgencies() {
  hidden.clear();
  keep();
}

function keep() {
  localStorage.setItem(KEPT, JSON.stringify([...hidden]));
  changed();
}

/** Whether one of its agencies is looked at; one that no agency has yet always is. @param {import('../types.js').Incident} incident */
export function isIncidentShown(incident) {
  if (!hidden.size) return true;
  const rows = [...board.assignmentsOf(incident.id), ...board.referralsOf(incident.id)];
  return !rows.length || rows.some((row) => isAgencyShown(row.agency));
}
