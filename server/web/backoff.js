/**
 * How long to wait before the next try: a random time between nothing and a bound that doubles, so that a thousand clients of a server
 * that restarts do not come back at once ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */

const FIRST_MS = 200;
const LONGEST_MS = 15_000;

/**
 * @param {number} tries How many have failed before.
 * @param {number} random From 0 up to 1.
 * @returns {number} Milliseconds.
 */
export function backoffMs(tries, random) {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * random;
}
