// The keyboard: which key does what now, and that nothing fires while somebody types.
// It knows keys and conditions; what a command does is the binder's business.

/**
 * @typedef {object} Binding
 * @property {string[]} keys KeyboardEvent.key values, e.g. ["F2", "n"]; "Shift+Digit1" uses the event's code
 * @property {string} label key of the text that says what it does
 * @property {string} group key of the heading in the shortcut sheet
 * @property {() => boolean} [when] whether it does something now; without it always
 * @property {(event: KeyboardEvent) => void} run
 * @property {boolean} [whileTyping] also while a field has the focus (function keys and Escape do so by themselves)
 * @property {number} [hint] order in the footer; without it not in the footer
 */

const OFF_KEY = 'siaga.letter-shortcuts-off';
const NAMES = /** @type {Record<string, string>} */ ({ ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', 'Control+Enter': 'Ctrl Enter' });

/** @param {Binding} binding the way its first key is shown */
export const shown = (binding) => shownAll(binding)[0];

/** All keys of a binding as they are shown, a run of digits as one: "1–9". @param {Binding} binding */
export function shownAll(binding) {
  const names = binding.keys.map(keyName);
  return names.length > 4 ? [`${names[0]}–${names.at(-1)?.replace('⇧', '')}`] : names;
}

/** @param {string} key */
export function keyName(key) {
  if (NAMES[key]) return NAMES[key];
  if (key.startsWith('Shift+Digit')) return `⇧${key.at(-1)}`;
  return key.length === 1 ? key.toUpperCase() : key;
}

/** @param {EventTarget|null} target */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select') || target.isContentEditable;
}

export class Keyboard {
  /** @type {Binding[]} */
  bindings = [];

  /** Single letters can be switched off (WCAG 2.1.4), for people who dictate. */
  get lettersOff() {
    return localStorage.getItem(OFF_KEY) === '1';
  }

  set lettersOff(off) {
    if (off) localStorage.setItem(OFF_KEY, '1');
    else localStorage.removeItem(OFF_KEY);
  }

  /** @param {Binding[]} bindings */
  bind(bindings) {
    this.bindings.push(...bindings);
  }

  listen() {
    document.addEventListener('keydown', (event) => this.#press(event));
  }

  /** What the keys do now, for the footer. */
  hints() {
    return this.bindings.filter((binding) => binding.hint !== undefined && this.isActive(binding)).sort((a, b) => (a.hint ?? 0) - (b.hint ?? 0));
  }

  /** @param {Binding} binding */
  isActive(binding) {
    return !binding.when || binding.when();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing || event.defaultPrevented || event.altKey || event.metaKey) return;
    const key = event.ctrlKey ? `Control+${event.key}` : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const code = event.shiftKey && event.code.startsWith('Digit') ? `Shift+${event.code}` : '';
    const typing = isTyping(event.target);
    const onButton = event.target instanceof HTMLElement && event.target.matches('button, a, summary, [role=button]');
    if (onButton && ['Enter', ' '].includes(key)) return;
    for (const binding of this.bindings) {
      const match = binding.keys.find((wanted) => (wanted.startsWith('Shift+') ? wanted === code : wanted === key && !(code && key.length === 1)));
      if (!match) continue;
      const always = binding.whileTyping || /^F\d/.test(match) || match === 'Escape';
      if (typing && !always) continue;
      if (this.lettersOff && match.length === 1) continue;
      if (event.repeat && !/^Arrow|^[jk]$/.test(match)) continue;
      if (!this.isActive(binding)) continue;
      event.preventDefault();
      binding.run(event);
      return;
    }
    // A browser's own help or find would cover the room's screen.
    if (['F1', 'F3'].includes(key)) event.preventDefault();
  }
}
