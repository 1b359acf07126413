// What the page tells its modules: who is logged in, which center, where static files are.
// Read once from the page; nothing here talks to the server.

/**
 * @typedef {object} Config
 * @property {{username: string, name: string, role: string, language: 'id'|'en'}} user
 * @property {import('./types.js').Center} center
 * @property {string[]} [units] call signs of a crew's units
 */

/** @returns {Config} */
function read() {
  const element = document.getElementById('siaga-config');
  return JSON.parse(element?.textContent ?? '{}');
}

export const config = read();

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
