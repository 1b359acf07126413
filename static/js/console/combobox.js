// A text box with candidates below it (ARIA combobox): arrows choose, Enter takes, Escape closes.
// It knows options and keys; what an option means is the caller's business. Nothing is taken unasked.

import { html, live, nothing } from '../lit.js';

/**
 * @typedef {object} ComboState
 * @property {number} active index of the marked option
 * @property {boolean} isOpen
 */

/** @returns {ComboState} */
export const comboState = () => ({ active: 0, isOpen: false });

/**
 * @template Option
 * @param {object} box
 * @param {string} box.id
 * @param {string} box.testid
 * @param {string} box.label
 * @param {string} box.placeholder
 * @param {string} box.value
 * @param {Option[]} box.options
 * @param {(option: Option) => unknown} box.view
 * @param {ComboState} box.state
 * @param {boolean} box.isSettled whether a choice was made and stands
 * @param {string} [box.hint] shown when there is nothing to choose from
 * @param {(text: string) => void} box.onInput
 * @param {(option: Option) => void} box.onPick
 * @param {() => void} box.onChange
 */
export function combobox({ id, testid, label, placeholder, value, options, view, state, isSettled, hint, onInput, onPick, onChange }) {
  const isOpen = state.isOpen && options.length > 0;
  state.active = Math.min(state.active, Math.max(0, options.length - 1));
  const pickAt = (/** @type {number} */ index) => {
    state.isOpen = false;
    state.active = 0;
    onPick(options[index]);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      state.isOpen = true;
      state.active = (state.active + (event.key === 'ArrowDown' ? 1 : options.length - 1)) % Math.max(1, options.length);
    } else if (event.key === 'Enter' && isOpen) pickAt(state.active);
    else if (event.key === 'Tab' && isOpen && !event.shiftKey && options.length === 1) pickAt(0);
    else if (event.key === 'Escape' && isOpen) state.isOpen = false;
    else return;
    if (event.key !== 'Tab') event.preventDefault();
    onChange();
  };
  return html`<div class="field combo ${isSettled ? 'settled' : ''}">
    <label for=${id}>${label}</label>
    <input id=${id} data-testid=${testid} role="combobox" aria-expanded=${isOpen} aria-controls="${id}-list" aria-autocomplete="list" aria-activedescendant=${isOpen ? `${id}-${state.active}` : nothing}
      autocomplete="off" spellcheck="false" placeholder=${placeholder} .value=${live(value)} @keydown=${press}
      @input=${(/** @type {InputEvent} */ event) => { state.isOpen = true; state.active = 0; onInput(/** @type {HTMLInputElement} */ (event.target).value); }}
      @focus=${() => { state.isOpen = !isSettled; onChange(); }} @blur=${() => { state.isOpen = false; onChange(); }}>
    <ul id="${id}-list" role="listbox" class="candidates" aria-label=${label} ?hidden=${!isOpen}>
      ${isOpen ? options.map((option, index) => html`<li id="${id}-${index}" role="option" aria-selected=${index === state.active} data-testid="${testid}-option"
        @mousedown=${(/** @type {Event} */ event) => { event.preventDefault(); pickAt(index); onChange(); }}>${view(option)}</li>`) : nothing}
    </ul>
    ${hint && !isOpen && !isSettled ? html`<p class="hint">${hint}</p>` : nothing}
  </div>`;
}
