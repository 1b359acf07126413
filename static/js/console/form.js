// The form for a new incident and for the words of an open one: type, one location box, address, narrative.
// It turns keystrokes into the draft; creating and saving is draft_actions.js.

import { get } from '../api.js';
import { clock, coordinates, parseCoordinates, shortNumber } from '../format.js';
import { pick, t } from '../i18n.js';
import { html, live, nothing } from '../lit.js';
import { combobox, comboState } from './combobox.js';
import { board, changed, types, ui } from './context.js';
import { discardDraft, draftState, focusWish, formErrors, savedAt, typed } from './draft_actions.js';
import { keyed, shape } from './parts.js';

/** @typedef {import('../types.js').Place} Place */

const PLACES_WAIT_MS = 120;
const TYPES_SHOWN = 8;
const NARRATIVE_CHARACTERS_MAX = 10000;
const ADDRESS_CHARACTERS_MAX = 300;

const typeBox = comboState();
const placeBox = comboState();
/** @type {Place[]} */
let places = [];
let placesFor = '';
let isSearching = false;
/** @type {number|undefined} */
let searchTimer;

/** Types by what was typed: name first, then keywords, then any part. @param {string} text */
function matchingTypes(text) {
  const wanted = text.trim().toLowerCase();
  const score = (/** @type {import('../types.js').IncidentType} */ type) => {
    if (!wanted) return 5;
    const names = [type.name.id, type.name.en].map((name) => name.toLowerCase());
    if (names.some((name) => name.startsWith(wanted))) return 0;
    if (names.some((name) => name.split(/\W+/).some((word) => word.startsWith(wanted)))) return 1;
    const keywords = type.keywords ?? [];
    if (keywords.some((word) => word.toLowerCase().startsWith(wanted))) return 2;
    if ([...names, ...keywords].some((word) => word.toLowerCase().includes(wanted))) return 3;
    return wanted.split(/\s+/).every((part) => [...names, ...keywords].some((word) => word.toLowerCase().includes(part))) ? 4 : 9;
  };
  return [...types.values()].map((type) => ({ type, score: score(type) })).filter(({ score }) => score < 9)
    .sort((a, b) => a.score - b.score || a.type.default_priority - b.type.default_priority || pick(a.type.name).localeCompare(pick(b.type.name)))
    .slice(0, TYPES_SHOWN).map(({ type }) => type);
}

/** @param {string} text */
function searchPlaces(text) {
  typed({ placeText: text, ...(ui.draft?.incident === null ? { location: null, placeLabel: '' } : {}) });
  clearTimeout(searchTimer);
  const point = parseCoordinates(text);
  if (point) places = [{ label: coordinates(point), kind: 'coordinates', location: point, detail: t('place.coordinates') }];
  if (point || text.trim().length < 2) {
    if (!point) places = [];
    placesFor = text;
    isSearching = false;
    return;
  }
  isSearching = true;
  searchTimer = setTimeout(async () => {
    const answer = await get(`places?q=${encodeURIComponent(text)}&limit=8`).catch(() => null);
    if (ui.draft?.placeText !== text) return;
    places = Array.isArray(answer) ? answer : (answer?.items ?? []);
    placesFor = text;
    isSearching = false;
    changed();
  }, PLACES_WAIT_MS);
}

/** @param {Place} place */
const detailOf = (place) => (typeof place.detail === 'string' ? place.detail : pick(place.detail));

/** @param {Place} place */
function takePlace(place) {
  focusWish.field = 'narrative';
  const isPlain = place.kind === 'coordinates' || place.kind === 'map';
  typed({ location: place.location, placeText: place.label, placeLabel: detailOf(place), ...(isPlain || ui.draft?.address ? {} : { address: place.kind === 'zone' ? '' : place.label }) });
}

/** A click on the map answers the location question of an uncreated form. @param {import('../types.js').Point} point */
export function takeMapPoint(point) {
  if (!ui.draft || ui.draft.incident !== null) return;
  takePlace({ label: coordinates(point), kind: 'map', location: point, detail: t('place.map') });
}

/** @param {import('../drafts.js').Draft} draft */
function mark(draft) {
  const state = draftState(draft);
  const at = savedAt.get(draft.id);
  const text = state === 'failed' ? formErrors.get(draft.id) : state === 'saved' && at ? `${t('form.saved')} ${clock(at)}` : t(`form.${state}`);
  return html`<span class="mark-text ${state}" role="status" data-testid="save-mark" data-state=${state}>${text}</span>`;
}

/** What is still missing before the incident exists. @param {import('../drafts.js').Draft} draft */
function missing(draft) {
  if (draft.incident !== null) return '';
  const names = [...(draft.type ? [] : [t('form.type')]), ...(draft.location ? [] : [t('form.location')])];
  return names.length ? t('form.missing', { names: names.join(` ${t('form.and')} `) }) : '';
}

/** @param {import('../drafts.js').Draft} draft */
export function formView(draft) {
  const call = draft.call === null ? undefined : board.calls.get(draft.call);
  const incident = board.incident(draft.incident);
  const area = (/** @type {'address'|'narrative'} */ name, /** @type {number} */ rows, /** @type {number} */ limit) => html`<div class="field">
    <label for="form-${name}">${t(`form.${name}`)}</label>
    <textarea id="form-${name}" data-testid="${name}-input" rows=${rows} maxlength=${limit} placeholder=${t(`form.${name}_hint`)} .value=${live(draft[name])}
      @input=${(/** @type {InputEvent} */ event) => typed({ [name]: /** @type {HTMLTextAreaElement} */ (event.target).value })}></textarea></div>`;
  return html`<form class="incident-form" data-testid="new-incident-form" data-incident=${draft.incident ?? ''} aria-label=${t('form.title')} @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <div class="form-head">
      <b>${incident ? `${t('form.editing')} ${shortNumber(incident.number)}` : t('form.title')}</b>
      ${call ? html`<span class="dim">${t('form.from_call')} ${call.caller_number ?? t('call.no_number')}</span>` : nothing}
      <span class="missing dim">${missing(draft)}</span>
      ${mark(draft)}
      ${draft.incident === null ? keyed('', t('form.discard'), discardDraft, { testid: 'discard-button' }) : nothing}
    </div>
    <div class="two">
      ${combobox({
        id: 'form-type', testid: 'type-input', label: t('form.type'), placeholder: t('form.type_hint'), value: draft.typeText, state: typeBox, isSettled: draft.type !== null,
        options: draft.type === null || typeBox.isOpen ? matchingTypes(draft.type !== null ? '' : draft.typeText) : [],
        view: (type) => html`<span class="priority p${type.default_priority}">${type.default_priority}</span> <span class="bright cut">${pick(type.name)}</span> ${shape(type.category, 'dim')}`,
        hint: draft.typeText && !matchingTypes(draft.typeText).length ? t('form.no_type') : '',
        onInput: (text) => typed({ typeText: text, type: null }),
        onPick: (type) => { focusWish.field = draft.location ? 'narrative' : 'place'; typed({ type: type.code, typeText: pick(type.name) }); },
        onChange: changed,
      })}
      ${combobox({
        id: 'form-place', testid: 'location-input', label: t('form.location'), placeholder: incident ? t('form.location_change', { place: coordinates(incident.location) }) : t('form.location_hint'), value: draft.placeText, state: placeBox,
        isSettled: draft.location !== null && draft.placeText !== '',
        options: placesFor === draft.placeText ? places : [],
        view: (place) => html`<span class="kind dim">${t(`place.${place.kind}`)}</span> <span class="bright cut">${place.label}</span> <span class="dim cut">${detailOf(place)}</span>`,
        hint: isSearching ? t('form.searching') : draft.placeText.length > 1 && placesFor === draft.placeText && !places.length ? t('form.no_place') : '',
        onInput: searchPlaces,
        onPick: takePlace,
        onChange: changed,
      })}
    </div>
    <div class="two words">${area('narrative', 3, NARRATIVE_CHARACTERS_MAX)}${area('address', 3, ADDRESS_CHARACTERS_MAX)}</div>
  </form>`;
}
