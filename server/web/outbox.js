/**
 * What is not sent yet, in this browser's local storage: messages, and changes of messages. What is shown as queued survives the page. What
 * is known of uploads is kept likewise.
 *
 * Each page writes a journal of its own and holds a Web Lock in its name. A page that starts, or that outlives another one, takes over the
 * journals whose lock is free; the terminal client does the same with files. A message keeps its client id on that way, so the server
 * stores it once, whoever sends it. Without Web Locks (a page that came neither over HTTPS nor from localhost) everything left is
 * taken over at the start, for the same reason without harm.
 */

import { isSendable } from "./body.js";

/** Messages that wait at once. Beyond it a message is refused, clearly, instead of kept. */
export const QUEUED_MAX = 1000;

/** 128 random bits: a name that nobody else has. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A client id: a ULID, that is, 48 bits of time and 80 random ones in Crockford's base 32, so that a later one sorts after an earlier one. */
export function freshClientId() {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => CROCKFORD[byte % 32]);
  for (let time = Date.now(), left = 10; left > 0; left -= 1, time = Math.floor(time / 32)) digits.unshift(CROCKFORD[time % 32]);
  return digits.join("");
}

export class Outbox {
  #folder;
  #journal;
  #storage;
  #locks;
  #adopted;
  #next = 0;
  /** @type {Map<string, string>} Where each message is kept, by its client id. */
  #keys = new Map();
  #awaited = new Set();

  /**
   * @param {string} user Whose messages.
   * @param {(message: object) => void} adopted Gets each message that another page left.
   */
  constructor(user, adopted, { prefix = "chat.outbox", storage = localStorage, locks = navigator.locks, journal = randomId() } = {}) {
    this.#folder = `${prefix}/${user}/`;
    this.#journal = journal;
    this.#storage = storage;
    this.#locks = locks;
    this.#adopted = adopted;
  }

  /** Begins the journal, and takes over what was left. */
  async open() {
    await this.#hold();
    await Promise.all(this.#others().map((journal) => this.#adoptNow(journal)));
    globalThis.addEventListener?.("storage", ({ key }) => {
      if (key?.startsWith(this.#folder)) this.#others().forEach((journal) => this.#adoptLater(journal));
    });
  }

  /**
   * Keeps a message; it is in the storage when this returns.
   * @throws {Error} with a message for the user when it cannot be kept.
   */
  keep(message) {
    if (this.#keys.size >= QUEUED_MAX) throw new Error(`${QUEUED_MAX} messages are waiting to be sent already`);
    const key = `${this.#folder}${this.#journal}/${String(this.#next).padStart(9, "0")}`;
    this.#write(key, message);
    this.#next += 1;
    this.#keys.set(message.client_id, key);
  }

  /** Whether this message is kept. */
  has(clientId) {
    return this.#keys.has(clientId);
  }

  /** A message has changed its state. */
  update(message) {
    const key = this.#keys.get(message.client_id);
    if (key) this.#write(key, message);
  }

  /** Forgets a message that is stored, or taken back. */
  done(clientId) {
    this.#storage.removeItem(this.#keys.get(clientId) ?? "");
    this.#keys.delete(clientId);
  }

  #write(key, message) {
    try {
      this.#storage.setItem(key, JSON.stringify(message));
    } catch {
      throw new Error("this browser has no room to keep the message until it is sent");
    }
  }

  /** Takes the lock that says: this page lives. It is given back when the page is gone. */
  #hold() {
    if (!this.#locks) return Promise.resolve();
    return new Promise((held) => {
      this.#locks.request(this.#folder + this.#journal, () => {
        held();
        return new Promise(() => {});
      });
    });
  }

  /** Takes over a journal whose page is gone; waits for the end of a page that lives, without anybody waiting for that. */
  async #adoptNow(journal) {
    if (!this.#locks) return this.#adopt(journal);
    return this.#locks.request(this.#folder + journal, { ifAvailable: true }, (lock) => {
      if (lock) this.#adopt(journal);
      else this.#adoptLater(journal);
    });
  }

  #adoptLater(journal) {
    if (!this.#locks || this.#awaited.has(journal)) return;
    this.#awaited.add(journal);
    this.#locks.request(this.#folder + journal, () => {
      this.#awaited.delete(journal);
      this.#adopt(journal);
    });
  }

  #adopt(journal) {
    for (const key of this.#keysOf(journal)) {
      const message = parse(this.#storage.getItem(key));
      // A page that ended between the two lines below has left the message in both journals.
      if (message && !this.#keys.has(message.client_id)) {
        this.keep(message);
        this.#adopted(message);
      }
      this.#storage.removeItem(key);
    }
  }

  #keysOf(journal) {
    const prefix = `${this.#folder}${journal}/`;
    return Object.keys(this.#storage).filter((key) => key.startsWith(prefix)).sort();
  }

  #others() {
    const journals = Object.keys(this.#storage)
      .filter((key) => key.startsWith(this.#folder))
      .map((key) => key.slice(this.#folder.length).split("/")[0]);
    return [...new Set(journals)].filter((journal) => journal !== this.#journal);
  }
}

function parse(json) {
  try {
    const message = JSON.parse(json);
    return isSendable(message) ? message : null;
  } catch {
    return null;
  }
}
