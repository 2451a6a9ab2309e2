/**
 * One WebSocket after the other: says hello, notices silence, and reconnects by itself. It knows nothing of what is talked about.
 *
 * A browser cannot see the server's WebSocket pings, so the request `ping` is sent now and then.
 */

import { backoffMs } from "./backoff.js";

const VERSION = 1;
const TICK_MS = 5_000;
/** Nothing heard for so long: ask. */
const QUIET_MS = 15_000;
/** No answer for so long after that: the connection is dead. Together the protocol's 40 s. */
const ANSWER_MS = 25_000;
/** Somebody has just come back to the page and looks at it: a dead connection is to be noticed sooner. */
const HURRY_MS = 4_000;

/** Close codes after which only a new login helps. */
const LOGGED_OUT = new Set([1000, 4401, 4403]);

const REASONS = {
  1012: "the server restarts",
  4408: "the connection was too quiet",
  4409: "the connection was too slow",
  4429: "too many connections: close some other windows",
};

/**
 * @typedef {{name: "connecting" | "connected" | "waiting" | "ended", reason?: string, code?: string}} State
 */

export class Connection {
  /** @type {State} */
  state = { name: "connecting" };
  #edges;
  #socket = null;
  #tries = 0;
  #retry = 0;
  #tick = 0;
  #heardAt = 0;
  /** By when something must be heard; 0 while nothing is asked. */
  #deadline = 0;

  /**
   * @param {object} edges
   * @param {(welcome: object) => void} edges.onWelcome
   * @param {(frame: object) => void} edges.onFrame
   * @param {() => void} edges.onLost After a welcome; the next one may come.
   * @param {(state: State) => void} edges.onState
   */
  constructor(edges) {
    this.#edges = edges;
  }

  start() {
    this.#tick = setInterval(() => this.#check(), TICK_MS);
    this.#connect();
  }

  /** Gives this connection up for another one. */
  restart() {
    this.#lose(1006);
  }

  stop() {
    this.#end("stopped");
  }

  send(request) {
    this.#socket?.send(JSON.stringify(request));
  }

  /** Something has changed: the network is back, or somebody looks at the page. */
  nudge() {
    if (this.state.name === "waiting") this.#connect();
    else if (this.state.name === "connected") this.#ping(HURRY_MS);
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#set({ name: "connecting" });
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    this.#socket = socket;
    this.#deadline = Date.now() + ANSWER_MS;
    socket.onopen = () => this.send({ type: "hello", id: "hello", version: VERSION });
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lose(code);
  }

  #hear(frame) {
    this.#heardAt = Date.now();
    this.#deadline = 0;
    if (frame.id === "ping") return;
    if (frame.id !== "hello") this.#edges.onFrame(frame);
    else if (frame.type === "welcome") {
      this.#tries = 0;
      this.#set({ name: "connected" });
      this.#edges.onWelcome(frame);
    } else if (frame.code === "bad_credentials") this.#end("logged_out");
    else if (frame.code === "version_unsupported") this.#end("version");
    else this.#lose(1006);
  }

  #check() {
    const now = Date.now();
    if (this.#deadline && now > this.#deadline) this.#lose(1006);
    else if (this.state.name === "connected" && now - this.#heardAt > QUIET_MS) this.#ping(ANSWER_MS);
  }

  #ping(patience) {
    if (this.#deadline) return;
    this.#deadline = Date.now() + patience;
    this.send({ type: "ping", id: "ping" });
  }

  #lose(code) {
    const wasConnected = this.state.name === "connected";
    this.#drop();
    if (LOGGED_OUT.has(code)) {
      this.#end("logged_out");
    } else {
      if (code === 4429) this.#tries = Math.max(this.#tries, 7);
      this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#tries, Math.random()));
      this.#tries += 1;
      this.#set({ name: "waiting", reason: REASONS[code] });
    }
    if (wasConnected) this.#edges.onLost();
  }

  #end(code) {
    clearInterval(this.#tick);
    clearTimeout(this.#retry);
    this.#drop();
    this.#set({ name: "ended", code });
  }

  /** A socket that is given up is not waited for: its closing handshake may never end. */
  #drop() {
    this.#deadline = 0;
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #set(state) {
    this.state = state;
    this.#edges.onState(state);
  }
}
