// Words of the screen in the user's language, changed without a reload.
// The dictionaries are i18n/id.js and i18n/en.js; words that the server sends carry both languages.

import en from './i18n/en.js';
import id from './i18n/id.js';

/** @typedef {'id'|'en'} Language */

const dictionaries = /** @type {Record<Language, Record<string, string>>} */ ({ id, en });
let language = /** @type {Language} */ (document.documentElement.lang.startsWith('en') ? 'en' : 'id');
/** @type {Set<() => void>} */
const listeners = new Set();

export const currentLanguage = () => language;

/** @param {Language} chosen */
export function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const listener of listeners) listener();
}

/** @param {() => void} listener called after the language changed */
export const onLanguage = (listener) => listeners.add(listener);

/**
 * A text by its key, `{name}` replaced from `values`. A missing key shows itself.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const text = dictionaries[language][key] ?? dictionaries.id[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A text by a key that is put together from a code, or the code itself when there is no such text.
 * @param {string} prefix
 * @param {string} code
 */
export function tCode(prefix, code) {
  const key = `${prefix}.${code}`;
  return dictionaries[language][key] ?? code.replaceAll('_', ' ');
}

/**
 * The server's words in the user's language.
 * @param {{id: string, en: string}|null|undefined} words
 */
export const pick = (words) => (words ? words[language] || words.id || words.en : '');
