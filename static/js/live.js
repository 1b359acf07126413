// The live socket: connects, resumes, notices silence and gaps. It knows sequence numbers and time,
// and nothing of incidents: what a frame means is the board's business.

const STALE_MS = 5000;
const WATCH_MS = 200;
const DEAD_SOCKET_MS = 7000;
const BACKOFF_MS = [400, 1000, 2000, 4000, 5000];
const CODE_MOVE = 1012;
const CODE_REVOKED = 4401;
const CODE_RESYNC = 4408;

/** @typedef {'connecting'|'live'|'stale'|'revoked'} LinkState */

/**
 * @typedef {object} LiveHandlers
 * @property {(frame: import('./types.js').Frame) => void} frame one that follows what we have
 * @property {(data: ArrayBuffer) => void} positions
 * @property {(serverTime: string) => void} time
 * @property {(state: LinkState) => void} state
 * @property {(troubles: import('./types.js').Trouble[]) => void} [trouble] parts of the installation that are away; none when all is well
 * @property {() => Promise<number>} resync load everything anew; its seq
 */

export class Live {
  /** @type {LinkState} */
  state = 'connecting';
  seq = 0;
  #heardAt = performance.now();
  /** When the server last said anything, though it be that it cannot read the feed. */
  #aliveAt = performance.now();
  #openedAt = 0;
  #attempt = 0;
  #beatAhead = -1;
  #resyncing = false;
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {number|undefined} */
  #retry;

  /**
   * @param {string} path of the websocket, e.g. "/ws/live"
   * @param {LiveHandlers} handlers
   */
  constructor(path, handlers) {
    this.path = path;
    this.handlers = handlers;
  }

  /** Seconds since the server was last heard. */
  get age() {
    return (performance.now() - this.#heardAt) / 1000;
  }

  /** @param {number} seq the state we already have */
  start(seq) {
    this.seq = seq;
    this.#heardAt = performance.now();
    setInterval(() => this.#watch(), WATCH_MS);
    addEventListener('online', () => this.#connectSoon(0));
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}${this.path.includes('?') ? '&' : '?'}since=${this.seq}`);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#openedAt = performance.now();
    this.#beatAhead = -1;
    socket.onmessage = ({ data }) => this.#socket === socket && this.#hear(data);
    socket.onclose = ({ code }) => this.#socket === socket && this.#closed(code);
  }

  /** @param {number} code */
  #closed(code) {
    this.#socket = null;
    if (code === CODE_REVOKED) return this.#enter('revoked');
    if (code === CODE_RESYNC) return void this.#resync();
    // The process ends and another is there already: no pause, and no strike against the link.
    if (code === CODE_MOVE) return this.#connectSoon(0);
    this.#connectSoon();
  }

  /** Try again, later each time and never all consoles at once. @param {number} [base] */
  #connectSoon(base) {
    if (this.state === 'revoked' || this.#resyncing) return;
    if (this.#socket && base === undefined) return;
    if (this.#socket && this.#socket.readyState === WebSocket.OPEN && this.age < 3) return;
    this.#drop();
    const wait = base ?? BACKOFF_MS[Math.min(this.#attempt++, BACKOFF_MS.length - 1)];
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random()));
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {string|ArrayBuffer} data */
  #hear(data) {
    this.#aliveAt = performance.now();
    if (typeof data !== 'string') {
      this.#heardAt = this.#aliveAt;
      return this.handlers.positions(data);
    }
    const message = JSON.parse(data);
    if (message.server_time) this.handlers.time(message.server_time);
    // The server is there and its database is not: what stands on the screen grows old all the same.
    if (message.type === 'trouble') return this.handlers.trouble?.(message.trouble);
    this.#heardAt = this.#aliveAt;
    if (message.type === 'resync') return void this.#resync();
    if (message.type === 'hello' && message.seq < this.seq) return void this.#resync();
    this.#attempt = 0;
    this.#enter('live');
    if (message.type === 'frame') this.#frame(message);
    if (message.type === 'beat') {
      this.#beat(message.seq);
      this.handlers.trouble?.(message.trouble ?? []);
    }
  }

  /** @param {import('./types.js').Frame} frame */
  #frame(frame) {
    if (frame.seq <= this.seq) return;
    if (frame.since > this.seq) return this.#reconnect();
    this.seq = frame.seq;
    this.handlers.frame(frame);
  }

  /** A head that stays ahead of us over two beats means that a frame was lost. @param {number} head */
  #beat(head) {
    if (head <= this.seq) this.#beatAhead = -1;
    else if (this.#beatAhead === this.seq) this.#reconnect();
    else this.#beatAhead = this.seq;
  }

  #reconnect() {
    this.#drop();
    this.#connectSoon();
  }

  async #resync() {
    if (this.#resyncing) return;
    this.#resyncing = true;
    this.#drop();
    for (let attempt = 0; this.#resyncing; attempt++) {
      try {
        this.seq = await this.handlers.resync();
        this.#resyncing = false;
      } catch {
        await new Promise((done) => setTimeout(done, BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] * (0.5 + Math.random())));
      }
    }
    this.#connect();
  }

  #watch() {
    if (this.state === 'revoked') return;
    const silent = performance.now() - this.#heardAt;
    if (silent > STALE_MS) this.#enter('stale');
    const dead = performance.now() - this.#aliveAt;
    if (this.#socket && dead > DEAD_SOCKET_MS && performance.now() - this.#openedAt > DEAD_SOCKET_MS) this.#reconnect();
    if (!this.#socket && this.#retry === undefined && !this.#resyncing) this.#connectSoon();
  }

  /** @param {LinkState} state */
  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.handlers.state(state);
  }
}
