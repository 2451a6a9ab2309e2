/** The session with its edges: the connection, the outbox in the storage, the clock. Views hear of changes and ask it for things. */

import { Connection } from "./connection.js";
import { Outbox, freshClientId } from "./outbox.js";
import { Session } from "./session.js";
import { Uploader } from "./uploader.js";

export class Client {
  me;
  session;
  uploader;
  #connection;
  #outbox;
  #listeners = [];
  /** What was last asked about a group, and under which id. @type {{said: string, client_id: string} | null} */
  #asked = null;
  #rest = 0;

  /** @param {(conversation: string) => boolean} isRead Whether what comes there is read at once. */
  constructor(me, isRead) {
    this.me = me;
    this.session = new Session({
      me,
      send: (request) => this.#connection.send(request),
      tell: (event) => this.#tell(event),
      now: Date.now,
      isRead,
      keep: (message) => this.#keep(message),
    });
    this.#connection = new Connection({
      onWelcome: (welcome) => this.#welcomed(welcome),
      onFrame: (frame) => this.session.handleFrame(frame),
      onLost: () => this.session.handleDisconnected(),
      onState: () => this.#tell({ type: "connection" }),
    });
    this.#outbox = new Outbox(me, (message) => this.session.say(message));
    this.uploader = new Uploader(me, { deliver: (message) => this.#deliver(message), tell: (event) => this.#tell(event) });
  }

  /** @param {(event: {type: string}) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  async start() {
    // What was left is in the queue before anything new is, so that it goes first.
    await this.#outbox.open();
    await this.uploader.open();
    this.#connection.start();
    addEventListener("online", () => this.#connection.nudge());
    document.addEventListener("visibilitychange", () => document.hidden || this.#connection.nudge());
  }

  stop() {
    this.#connection.stop();
    this.uploader.stop();
  }

  get connection() {
    return this.#connection.state;
  }

  /**
   * Keeps a message and sends it.
   * @throws {Error} when it cannot be kept.
   */
  say(conversation, text, replyTo) {
    this.#deliver({ client_id: freshClientId(), conversation, text, at: Date.now(), ...(replyTo && { reply_to: replyTo }) });
  }

  /**
   * Keeps a change of a message and sends it.
   * @param {object} change As in `body.js`, without what every one has.
   * @throws {Error} when it cannot be kept.
   */
  change(conversation, change) {
    this.#deliver({ client_id: freshClientId(), conversation, at: Date.now(), ...change });
  }

  /**
   * Makes a group, or changes one; gives its id. The same once more, when it may have been lost, is done once.
   * @param {object} request Without its `client_id`.
   */
  async changeGroup(request) {
    const said = JSON.stringify(request);
    if (this.#asked?.said !== said) this.#asked = { said, client_id: freshClientId() };
    const asked = this.#asked;
    const id = await this.session.changeGroup({ ...request, client_id: asked.client_id });
    // The same later is another change.
    if (this.#asked === asked) this.#asked = null;
    return id;
  }

  #deliver(message) {
    // A page that ended while it handed a file over has left it in both journals.
    if (this.#outbox.has(message.client_id)) return;
    this.#outbox.keep(message);
    this.session.say(message);
  }

  /** @returns {boolean} Whether the storage has the message as it is now. */
  #keep(message) {
    try {
      this.#outbox.update(message);
      return true;
    } catch {
      return false;
    }
  }

  #resolveUploads(conversation) {
    const peer = this.session.conversations.get(conversation)?.summary.peer;
    if (peer) this.uploader.retarget(peer.user, { conversation });
  }

  #welcomed(welcome) {
    if (welcome.user === this.me) {
      this.session.handleWelcome(welcome);
      this.uploader.nudge();
    } else {
      // Somebody else has logged in with this browser.
      location.reload();
    }
  }

  #tell(event) {
    if (event.type === "settled") this.#outbox.done(event.client_id);
    if (event.type === "refused") this.#outbox.done(event.message.client_id);
    // What the storage does not take is tried once more by the next page.
    if (["failed", "retried"].includes(event.type)) this.#keep(event.message);
    if (event.type === "gone" && !event.conversation) this.uploader.retarget(event.user, { to: event.now });
    if (event.type === "conversation") this.#resolveUploads(event.conversation);
    // Without the list nothing else is right, and a new connection begins with it.
    if (event.type === "stuck") this.#connection.restart();
    this.#wait();
    for (const listener of this.#listeners) listener(event);
  }

  /** Waits until time alone changes something. */
  #wait() {
    clearTimeout(this.#rest);
    const deadline = this.session?.deadline ?? null;
    if (deadline === null) return;
    this.#rest = setTimeout(() => {
      this.session.handleTime();
      // A lease that was renewed meanwhile was no news, and runs out later.
      this.#wait();
    }, Math.max(0, deadline - Date.now()));
  }
}
