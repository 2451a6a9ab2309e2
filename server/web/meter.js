/** How fast something moves, as the last seconds show it. Pure. */

const WINDOW_MS = 6_000;
/** Nothing for so long: it stands still. */
const STALL_MS = 4_000;
/** Less than this says nothing yet. */
const SPAN_MS_MIN = 500;

export class Meter {
  /** @type {Array<{bytes: number, at: number}>} */
  #samples = [];

  /** So many bytes have moved by now, in all. */
  add(bytes, now) {
    // What is sent again after a broken connection is no progress.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ bytes, at: now });
    while (this.#samples.length > 2 && now - this.#samples[0].at > WINDOW_MS) this.#samples.shift();
  }

  /** Bytes per second; nothing while it cannot be told, and 0 when nothing moves. */
  rate(now) {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first) return null;
    if (now - last.at > STALL_MS) return 0;
    const span = last.at - first.at;
    return span < SPAN_MS_MIN ? null : ((last.bytes - first.bytes) * 1000) / span;
  }
}
