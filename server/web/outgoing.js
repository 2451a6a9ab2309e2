/**
 * The user's messages on their way, and changes of messages: in order, and one at a time to each conversation, so that none overtakes
 * another. Pure: the time is given, and the outbox keeps what must outlive the page. `body.js` says what one is.
 */

import { laneOf } from "./body.js";
import { isChange } from "./fold.js";

/** How long to wait when the server says "later" without saying when. */
const LATER_MS = 1000;

const AGAIN = new Set(["rate_limited", "busy", "unavailable", "internal"]);

export class Outgoing {
  /** @type {Array<{message: object, state: "waiting" | "in flight" | "resting" | "failed", until: number}>} */
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
    this.#items.push({ message, state: message.failed ? "failed" : "waiting", until: 0 });
  }

  find(clientId) {
    return this.#items.find((item) => item.message.client_id === clientId)?.message;
  }

  /** What can be sent now; it counts as in flight from here on. */
  ready(now) {
    const busy = new Set();
    const ready = [];
    for (const item of this.#items) {
      const lane = laneOf(item.message);
      if (item.state === "failed" || busy.has(lane)) continue;
      busy.add(lane);
      if (item.state === "waiting" || (item.state === "resting" && item.until <= now)) {
        item.state = "in flight";
        ready.push(item.message);
      }
    }
    return ready;
  }

  /**
   * The server was asked which conversation this is for. All that is for the same name goes there from here on, whoever may be called so
   * later.
   * @returns {object[]} All of that.
   */
  aim(clientId, conversation) {
    const asked = this.#items.find((item) => item.message.client_id === clientId);
    if (!asked) return [];
    asked.state = "waiting";
    const { to } = asked.message;
    const meant = this.#items.filter(({ message, state }) => !message.conversation && message.to === to && state !== "failed");
    for (const { message } of meant) {
      message.conversation = conversation;
      delete message.to;
    }
    return meant.map(({ message }) => message);
  }

  /** When the next message has rested; nothing when none rests. */
  get deadline() {
    const rests = this.#items.filter((item) => item.state === "resting").map((item) => item.until);
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
    const item = this.#items.find((item) => item.message.client_id === clientId);
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
}

/** Whether it was refused because the message that it answers is gone. */
export function hasLostOrigin({ reply_to, failed }) {
  return reply_to !== undefined && ["message_deleted", "unknown_message"].includes(failed?.code);
}
