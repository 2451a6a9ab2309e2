/**
 * Files on their way to the server: which of them move now, what a broken connection means, and which can go out as a message. Pure: the
 * time is given, and somebody else moves the bytes (`uploader.js`) and keeps what must outlive the page.
 *
 * What is kept of one, its record: `{client_id, conversation, text, at, reply_to?, name, size, modified, type, url?, batch?, pasted?,
 * cancelled?}`; earlier pages kept somebody's name, `to`, in the place of the conversation.
 * It becomes a message under the same `client_id`, once its bytes are there and its `batch` is set: then the user has sent it.
 */

import { backoffMs } from "./backoff.js";
import { Meter } from "./meter.js";

/** Uploads that move at once; the others wait for their turn. */
export const RUNNING_MAX = 3;

const AGAIN = new Set(["offline", "rate_limited", "busy", "unavailable", "internal", "wrong_offset"]);
const MOVING = new Set(["queued", "running", "resting"]);

export class Upload {
  record;
  /** The bytes, if this page has been given them. @type {File | null} */
  file;
  /** @type {"queued" | "running" | "resting" | "stranded" | "whole" | "failed"} Stranded: the user has to choose the file again. */
  state = "queued";
  /** Bytes that have left. */
  bytes = 0;
  meter = new Meter();
  /** @type {{code: string, message?: string} | null} */
  failed = null;
  tries = 0;
  until = 0;

  constructor(record, file) {
    this.record = record;
    this.file = file;
  }

  get id() {
    return this.record.client_id;
  }

  get isMoving() {
    return MOVING.has(this.state);
  }

  /** It goes with the next message that the user sends. */
  get isStaged() {
    const { batch, cancelled } = this.record;
    return !batch && !cancelled && (this.isMoving || this.state === "whole");
  }

  /** So many bytes have left. */
  moved(bytes, now) {
    this.bytes = bytes;
    this.meter.add(bytes, now);
  }

  /** The server has so many: the connection works. */
  reached(offset) {
    this.bytes = offset;
    this.tries = 0;
  }

  /** All of it is there. */
  complete() {
    this.bytes = this.record.size;
    this.state = "whole";
  }

  /** It cannot go on without the file. */
  strand() {
    this.state = "stranded";
  }

  /** It came to nothing this time. */
  broke({ code, message }, now, random) {
    const isGone = code === "unknown_file" && this.record.url;
    // The server keeps an upload for a day; after that it begins anew.
    if (isGone) {
      this.record.url = null;
      this.bytes = 0;
    }
    if (isGone || AGAIN.has(code)) {
      this.state = "resting";
      this.until = now + backoffMs(this.tries, random);
      this.tries += 1;
    } else {
      this.state = "failed";
      this.failed = { code, message };
    }
  }

  /** Tries again what has failed. */
  retry() {
    Object.assign(this, { state: "queued", failed: null, tries: 0 });
  }

  /** The page that it began on is gone, and the file with it: the user has to choose it again. */
  get needsFile() {
    return !this.file && !this.record.cancelled && this.state !== "whole";
  }

  /** Whether this is the file that it needs. */
  awaits({ name, size, lastModified }) {
    const { record } = this;
    return this.needsFile && record.name === name && record.size === size && record.modified === lastModified;
  }

  /** The user has chosen the file again. */
  resume(file) {
    this.file = file;
    // One that is running only looks how far it is, and then goes on with it.
    if (this.state !== "running") Object.assign(this, { state: "queued", failed: null, tries: 0 });
  }
}

export class Uploads {
  /** @type {Upload[]} In the order in which they were chosen. */
  all = [];

  add(record, file = null) {
    const upload = new Upload(record, file);
    this.all.push(upload);
    return upload;
  }

  find(id) {
    return this.all.find((upload) => upload.id === id);
  }

  remove(upload) {
    this.all = this.all.filter((one) => one !== upload);
  }

  /** Those that can move now; they count as running from here on. */
  ready(now) {
    const isReady = ({ state, until }) => state === "queued" || (state === "resting" && until <= now);
    const room = RUNNING_MAX - this.all.filter(({ state }) => state === "running").length;
    const ready = this.all.filter(isReady).slice(0, Math.max(0, room));
    for (const upload of ready) upload.state = "running";
    return ready;
  }

  /** When the next one has rested; nothing when none rests. */
  get deadline() {
    const rests = this.all.filter(({ state }) => state === "resting").map(({ until }) => until);
    return rests.length ? Math.min(...rests) : null;
  }

  /** The connection is back: nobody has to rest. */
  nudge() {
    for (const upload of this.all) if (upload.state === "resting") upload.until = 0;
  }

  /**
   * Those that can go out as messages. What was sent together stays in its order, and what has come to a halt holds nobody up.
   */
  deliverable() {
    const held = new Set();
    return this.all.filter(({ record: { batch, cancelled }, isMoving, state }) => {
      if (!batch || cancelled) return false;
      if (isMoving) held.add(batch);
      return state === "whole" && !held.has(batch);
    });
  }
}
