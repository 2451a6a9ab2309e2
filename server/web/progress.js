/** What is said of an upload: beside its bar, and to those who listen. Pure. */

import { leftText, sizeText } from "./amounts.js";
import { explain } from "./explain.js";

/**
 * @param {import("./uploads.js").Upload} upload
 * @param {number} now Milliseconds.
 */
export function statusOf({ record, state, bytes, meter, failed, needsFile }, now) {
  const { size, batch, pasted } = record;
  if (state === "failed") return explain(failed);
  if (needsFile && state !== "running") {
    const there = `${percentOf({ record, bytes })} % is there.`;
    return pasted ? `${there} What was pasted is gone with the page: paste it again.` : `${there} Choose the file again to go on.`;
  }
  if (state === "whole") return `${sizeText(size)}, ${batch ? "sent in its order" : "ready to send"}`;
  if (state === "queued") return `${sizeText(size)}, waits for its turn`;
  if (state === "resting") return `${part(bytes, size)}, goes on when the server can be reached`;
  const rate = meter.rate(now);
  if (rate === 0) return `${part(bytes, size)}, nothing moves right now`;
  return rate === null ? part(bytes, size) : `${part(bytes, size)}, ${sizeText(rate)}/s, ${leftText((size - bytes) / rate)}`;
}

export function percentOf({ record: { size }, bytes }) {
  return size === 0 ? 100 : Math.floor((bytes * 100) / size);
}

/**
 * How far it is, in steps that are worth being read out.
 * @returns {string} Another one is news.
 */
export function milestoneOf(upload) {
  const { state, needsFile, failed } = upload;
  if (state === "failed") return `failed: ${explain(failed)}`;
  if (state === "whole") return "uploaded";
  if (state === "resting") return needsFile ? "" : "interrupted";
  if (needsFile) return state === "stranded" ? "choose the file again to go on" : "";
  const quarter = Math.floor(percentOf(upload) / 25) * 25;
  return quarter > 0 ? `${quarter} %` : "";
}

/** Both in one unit where that is short. */
function part(bytes, size) {
  const [of, unit] = sizeText(size).split(" ");
  const [amount, same] = sizeText(bytes).split(" ");
  return same === unit ? `${amount} of ${of} ${unit}` : `${sizeText(bytes)} of ${sizeText(size)}`;
}
