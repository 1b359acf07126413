// The API client: reads, and an outbox of writes that are sent again with the same Idempotency-Key until
// the server has answered. It knows HTTP and errors; what a write means is the caller's business.

import { csrfToken } from './config.js';

const BASE = '/api/v1/';
const TIMEOUT_MS = 10000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 5000];
const SERVER_ERRORS_BORNE = 6;

export class ApiError extends Error {
  /**
   * @param {number} status HTTP status, 0 for no answer
   * @param {{code?: string, message?: string, fields?: Record<string, unknown>}} [error]
   */
  constructor(status, error = {}) {
    super(error.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = error.code ?? 'http';
    this.fields = error.fields ?? {};
  }
}

/** A key that nobody else will choose; `randomUUID` needs a secure context, a room's LAN may have none. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * One request, one answer.
 * @param {string} method
 * @param {string} path under /api/v1/
 * @param {unknown} [body]
 * @param {string} [key] Idempotency-Key
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function request(method, path, body, key) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-CSRFToken'] = csrfToken();
  if (key) headers['Idempotency-Key'] = key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(BASE + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new ApiError(0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer?.error);
  return answer;
}

/** @param {string} path */
export const get = (path) => request('GET', path);

/**
 * @typedef {object} Write
 * @property {string} key Idempotency-Key
 * @property {string} method
 * @property {string} path
 * @property {unknown} body
 * @property {string} tag what it is about, e.g. "assign:PMK-01", so that a row can show its own write
 * @property {string} label in the user's words
 * @property {'sending'|'queued'|'failed'} state
 * @property {string} error
 * @property {boolean} [canceled]
 */

export class Outbox {
  /** @type {Map<string, Write>} */
  writes = new Map();
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** The write under way about something, if there is one. @param {string} tag */
  about(tag) {
    for (const write of this.writes.values()) if (write.tag === tag) return write;
    return undefined;
  }

  /**
   * Send a write and keep at it while the network or the server is away.
   * @param {{method?: string, path: string, body?: unknown, tag: string, label: string, key?: string, quiet?: boolean}} wanted
   *   quiet: a refusal is thrown but not kept in the list, the caller shows it
   * @returns {Promise<any>} the server's answer
   * @throws {ApiError} the server refused
   */
  async send({ method = 'POST', path, body = {}, tag, label, key = newKey(), quiet = false }) {
    /** @type {Write} */
    const write = { key, method, path, body, tag, label, state: 'sending', error: '' };
    this.writes.set(key, write);
    this.onChange();
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await request(method, path, body, key);
        this.writes.delete(key);
        this.onChange();
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (write.canceled || !isPassing(error, attempt)) {
          write.state = 'failed';
          write.error = error.message;
          if (quiet || write.canceled) this.writes.delete(key);
          this.onChange();
          throw error;
        }
        write.state = 'queued';
        this.onChange();
        await pause(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] * (0.5 + Math.random()));
      }
    }
  }

  /** Take a refused or waiting write out of the list. @param {string} key */
  drop(key) {
    const write = this.writes.get(key);
    if (!write) return;
    if (write.state === 'failed') this.writes.delete(key);
    else write.canceled = true;
    this.onChange();
  }

  /** Drop all refusals that were shown. */
  dropFailed() {
    for (const [key, write] of this.writes) if (write.state === 'failed') this.writes.delete(key);
    this.onChange();
  }
}

/** Whether to try again: no answer, a busy or restarting server, the same key still being worked on. @param {ApiError} error @param {number} attempt */
function isPassing(error, attempt) {
  if (error.status === 0 || [429, 502, 503, 504].includes(error.status)) return true;
  if (error.status === 409 && error.code.includes('in_progress')) return true;
  return error.status >= 500 && attempt < SERVER_ERRORS_BORNE;
}

/** Wait, but not past the moment the network comes back. @param {number} ms */
function pause(ms) {
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    addEventListener('online', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      removeEventListener('online', finish);
      done(undefined);
    }
  });
}
