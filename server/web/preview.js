/**
 * A picture under its message: only of pixels, only when it comes into sight, and only once its first bytes have shown that it is what it
 * says and how much memory it takes. Its height is reserved from the beginning, so nothing moves when it appears.
 */

import { $, make } from "./dom.js";
import { mayPreview } from "./kinds.js";
import { HEAD_BYTES, sizeOf } from "./picture.js";
import { safeLine } from "./text.js";
import { view } from "./viewer.js";

/** So far out of sight a picture is looked at already. */
const MARGIN = "400px";

/** @type {WeakMap<Element, () => void>} */
const wanted = new WeakMap();
const sight = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      wanted.get(target)();
    }
  },
  { root: $("scroller"), rootMargin: MARGIN },
);

/**
 * @param {{name: string, size: number, type: string}} file
 * @param {string} path
 * @param {(change: () => void) => void} settle Changes the height of something without moving what is read.
 * @returns {HTMLElement | null} Nothing when it is no picture.
 */
export function createPreview(file, path, settle) {
  if (!mayPreview(file)) return null;
  const name = safeLine(file.name);
  const frame = make("button", { class: "picture", type: "button", "aria-label": `Show the picture ${name}` });
  wanted.set(frame, async () => {
    try {
      const size = await lookAt(path, file);
      frame.style.aspectRatio = `${size.width} / ${size.height}`;
      // The button has the name.
      const image = make("img", { src: path, alt: "", decoding: "async", ...size });
      frame.append(image);
      // A picture that is broken inside loads, but cannot be decoded.
      await image.decode();
      frame.classList.add("shown");
      frame.onclick = () => view({ path, name });
    } catch {
      settle(() => frame.remove());
    }
  });
  sight.observe(frame);
  return frame;
}

/**
 * The size of the picture.
 * @throws {Error} when it is none that may be shown.
 */
async function lookAt(path, { size: bytes, type }) {
  // A small one is got whole, and then stands in the browser's cache for the element that shows it.
  const answer = await fetch(path, bytes > HEAD_BYTES ? { headers: { Range: `bytes=0-${HEAD_BYTES - 1}` } } : {});
  const size = answer.ok ? sizeOf(new Uint8Array(await answer.arrayBuffer()), type) : null;
  if (!size) throw new Error(`no ${type} that can be shown`);
  return size;
}
