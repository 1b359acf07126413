// The crew's steps on their way to the server: kept on the phone until each has been confirmed or refused.
// One at a time and in order, each with its own Idempotency-Key; it draws nothing.

import { ApiError, newKey, request } from '../api.js';

/**
 * @typedef {object} QueuedStep
 * @property {string} key Idempotency-Key
 * @property {number} assignment
 * @property {string} status
 * @property {number} at when the crew pressed, ms since the epoch
 */

/** @typedef {{status: string, at: number}} Confirmed */

const RETRY_MS = [1000, 2000, 4000, 8000];

export class StepQueue {
  /** @type {QueuedStep[]} */
  steps = [];
  /** @type {Confirmed|null} */
  confirmed = null;
  refused = '';
  #attempt = 0;
  #busy = false;
  /** @type {number|undefined} */
  #timer;

  /**
   * @param {string} username
   * @param {{onChange: () => void, onRow: (row: import('../types.js').Assignment) => void, now: () => number}} hooks
   */
  constructor(username, hooks) {
    this.name = `siaga.crew.${username}`;
    this.hooks = hooks;
    try {
      this.steps = JSON.parse(localStorage.getItem(this.name) ?? '[]');
    } catch {
      this.steps = [];
    }
    addEventListener('online', () => this.flush());
  }

  /** What the crew has said last about an assignment, if the server does not know it yet. @param {number} assignment */
  pending(assignment) {
    return this.steps.filter((step) => step.assignment === assignment).at(-1)?.status;
  }

  /** @param {number} assignment @param {string} status */
  add(assignment, status) {
    this.steps.push({ key: newKey(), assignment, status, at: this.hooks.now() });
    this.refused = '';
    this.confirmed = null;
    this.#save();
    this.flush();
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    while (this.steps.length) {
      const step = this.steps[0];
      try {
        const row = await request('POST', `assignments/${step.assignment}/status`, { status: step.status }, step.key);
        this.steps.shift();
        this.confirmed = { status: step.status, at: this.hooks.now() };
        this.#attempt = 0;
        this.#save();
        this.hooks.onRow(row);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 0 || error.status >= 500 || error.status === 429) {
          this.#timer = setTimeout(() => this.flush(), RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] * (0.5 + Math.random()));
          break;
        }
        // Refused: what was to follow on the same assignment makes no sense any more.
        this.refused = error.message;
        this.steps = this.steps.filter((other) => other.assignment !== step.assignment);
        this.#save();
      }
    }
    this.#busy = false;
    this.hooks.onChange();
  }

  #save() {
    localStorage.setItem(this.name, JSON.stringify(this.steps));
    this.hooks.onChange();
  }
}
