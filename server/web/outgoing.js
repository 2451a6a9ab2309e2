/**
 * The user's messages on their way, and changes of messages: in order, and one at a time to each conversation, so that none overtakes
 * another. Pure: the time is given, and the outbox keeps what must outlive the page. `body.js` says what one is.
 */

import { laneOf } from "./body.js";
import { isChange } from "./fold.js";
import { isTombstone } from "./names.js";

/** How long to wait when the server says "later" without saying when. */
const LATER_MS = 1000;

const AGAIN = new Set(["rate_limited", "busy", "unavailable", "internal"]);

export class Outgoing {
  /**
   * What is kept stands in the storage with its target.
   * @type {Array<{message: object, state: "waiting" | "in flight" | "resting" | "failed", until: number, isKept: boolean}>}
   */
  #items = [];

  /** All of them, in their order. */
  get all() {
    return this.#items.map((item) => item.message);
  }

  /** Those that become messages. */
  get messages() {
    return this.all.filter((message) => !isChange(message));
  }

  /** Those that change one. */
  get changes() {
    return this.all.filter(isChange);
  }

  push(message) {
    this.#items.push({ message, state: message.failed ? "failed" : "waiting", until: 0, isKept: true });
  }

  find(clientId) {
    return this.#itemOf(clientId)?.message;
  }

  /**
   * What can be sent now; it counts as in flight from here on. A name that an earlier page has kept may stand for any conversation: what is
   * behind it waits until this is known.
   */
  ready(now) {
    const mayGo = ({ isKept, state, until }) => isKept && (state === "waiting" || (state === "resting" && until <= now));
    const ready = [...this.#heads()].filter(mayGo);
    for (const item of ready) item.state = "in flight";
    return ready.map(({ message }) => message);
  }

  /** Those that nothing is to go before. */
  #heads() {
    const busy = new Set();
    const heads = new Set();
    let isNameAhead = false;
    for (const item of this.#items.filter(({ state }) => state !== "failed")) {
      const { conversation, to } = item.message;
      const lane = laneOf(item.message);
      if (!busy.has(lane) && !(isNameAhead && conversation)) heads.add(item);
      busy.add(lane);
      isNameAhead ||= !conversation && !isTombstone(to);
    }
    return heads;
  }

  /** The server has said which conversation is meant. */
  answered(clientId) {
    const item = this.#itemOf(clientId);
    if (item?.state === "in flight") item.state = "waiting";
  }

  /**
   * All that was for a name is for this from here on.
   * @param {{to: string} | {conversation: string}} target
   * @returns {object[]} All of that; it goes once it is kept so.
   */
  retarget(name, target) {
    const moved = this.#items.filter(({ message }) => !message.conversation && message.to === name);
    for (const item of moved) {
      delete item.message.to;
      Object.assign(item.message, target);
      item.isKept = false;
      if (item.state === "resting") item.state = "waiting";
    }
    return moved.map(({ message }) => message);
  }

  /** The storage has taken it, or not; then it is asked again later. */
  handleKept(clientId, isKept, now) {
    const item = this.#itemOf(clientId);
    if (!item) return;
    item.isKept = isKept;
    if (!isKept && item.state !== "failed") Object.assign(item, { state: "resting", until: now + LATER_MS });
  }

  /** What the storage is to be asked for again. */
  takeUnkept(now) {
    const rested = this.#items.filter(({ isKept, state, until }) => !isKept && state === "resting" && until <= now);
    for (const item of rested) item.state = "waiting";
    return rested.map(({ message }) => message);
  }

  /** When something can be done for the next message that rests: not for one that others must go before; null when there is none. */
  get deadline() {
    const heads = this.#heads();
    const isDue = (item) => item.state === "resting" && (!item.isKept || heads.has(item));
    const rests = this.#items.filter(isDue).map((item) => item.until);
    return rests.length ? Math.min(...rests) : null;
  }

  /** Whether those in flight arrived is unknown: they go again, under their ids. */
  handleDisconnected() {
    for (const item of this.#items) if (item.state === "in flight") item.state = "waiting";
  }

  /** The message is in the log, or is taken back. */
  remove(clientId) {
    const at = this.#items.findIndex((item) => item.message.client_id === clientId);
    return at < 0 ? undefined : this.#items.splice(at, 1)[0].message;
  }

  /**
   * The server refused it. A message stays, for the user to decide on; a change that cannot be made is over.
   * @returns {object | undefined} It, when that is final.
   */
  refused(clientId, { code, message, retry_after_ms }, now) {
    const item = this.#itemOf(clientId);
    if (!item) return undefined;
    if (AGAIN.has(code)) {
      item.state = "resting";
      item.until = now + (retry_after_ms ?? LATER_MS);
      return undefined;
    }
    item.state = "failed";
    item.message.failed = { code, message };
    if (isChange(item.message)) this.remove(clientId);
    return item.message;
  }

  /** Tries a failed message again, behind all others; without what it answers, if that is gone. */
  retry(clientId) {
    if (!this.find(clientId)?.failed) return undefined;
    const message = this.remove(clientId);
    if (hasLostOrigin(message)) delete message.reply_to;
    delete message.failed;
    this.push(message);
    return message;
  }

  #itemOf(clientId) {
    return this.#items.find(({ message }) => message.client_id === clientId);
  }
}

/** Whether it was refused because the message that it answers is gone. */
export function hasLostOrigin({ reply_to, failed }) {
  return reply_to !== undefined && ["message_deleted", "unknown_message"].includes(failed?.code);
}
