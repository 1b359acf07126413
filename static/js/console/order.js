// The order of rows in a list: steady while somebody uses it, sorted anew when nobody does.
// Pure bookkeeping over ids; a row must never move from under a pointer.

const IDLE_MS = 3000;

/** @typedef {{id: number, section: string}} Placed */

export class SteadyOrder {
  /** @type {Placed[]} */
  #placed = [];
  #usedAt = -Infinity;

  /** Somebody points or types here now. */
  use() {
    this.#usedAt = performance.now();
  }

  get isInUse() {
    return performance.now() - this.#usedAt < IDLE_MS;
  }

  /**
   * Where to show each row. While in use the known rows keep place and section, new ones come last in theirs.
   * @param {Placed[]} sorted the order they should have
   * @param {(id: number) => boolean} exists whether a row that left the order can still be drawn
   */
  arrange(sorted, exists) {
    if (!this.isInUse) return (this.#placed = sorted);
    const kept = this.#placed.filter(({ id }) => exists(id));
    const known = new Set(kept.map(({ id }) => id));
    return (this.#placed = [...kept, ...sorted.filter(({ id }) => !known.has(id))]);
  }
}

/**
 * Draw, and keep an element where it is on the screen by scrolling its list.
 * @param {HTMLElement} scroller
 * @param {Element|null} anchor
 * @param {() => void} draw
 */
export function drawAround(scroller, anchor, draw) {
  const before = anchor?.getBoundingClientRect().top;
  draw();
  if (!anchor?.isConnected || before === undefined) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (moved) scroller.scrollTop += moved;
}
