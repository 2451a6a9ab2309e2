/**
 * Who is typing: what others are doing until their leases run out, and what they are told of the user. The same rules as in
 * `client/src/session/typing.rs`. Pure: the time is given.
 */

/** While the user goes on typing, others are told once in this time. */
const REPEAT_MS = 3000;
/** How long others believe it. */
const LEASE_MS = 6000;
/** However long a lease a server gives. */
const LEASE_MS_MAX = 60_000;
/** Those who type at the same time. More are passed over. */
const TYPISTS_MAX = 1000;

export class Typing {
  /** @type {Array<{conversation: string, user: string, until: number}>} */
  #theirs = [];
  /** Where others were last told that the user is typing, and when. @type {{conversation: string, at: number} | null} */
  #own = null;

  /** When the next one is not believed any more; nothing when nobody types. */
  get deadline() {
    return this.#theirs.length ? Math.min(...this.#theirs.map(({ until }) => until)) : null;
  }

  /** Who types there. */
  in(conversation) {
    return this.#theirs.filter((one) => one.conversation === conversation).map(({ user }) => user);
  }

  /**
   * What others are to be told when the user types at a place, or has stopped there.
   * @returns {object[]} Requests.
   */
  notices(conversation, stopped, now) {
    const told = this.#own && now - this.#own.at < LEASE_MS ? this.#own : null;
    const isHere = told?.conversation === conversation;
    const notice = (conversation, stopped) => ({ type: "typing", conversation, ...(stopped && { stopped }) });
    if (stopped) {
      this.#own = isHere ? null : told;
      return isHere ? [notice(conversation, true)] : [];
    }
    if (isHere && now - told.at < REPEAT_MS) return [];
    this.#own = { conversation, at: now };
    return told && !isHere ? [notice(told.conversation, true), notice(conversation, false)] : [notice(conversation, false)];
  }

  /** A whisper about somebody. @returns {boolean} Whether it is news. */
  hear({ conversation, user, lease_ms }, now) {
    if (!(lease_ms > 0)) return this.end(conversation, user);
    const until = now + Math.min(lease_ms, LEASE_MS_MAX);
    const known = this.#theirs.find((one) => one.conversation === conversation && one.user === user);
    if (known) known.until = until;
    else if (this.#theirs.length < TYPISTS_MAX) this.#theirs.push({ conversation, user, until });
    return !known;
  }

  /** Whoever says something has stopped typing it. @returns {boolean} Whether that is news. */
  end(conversation, user) {
    return this.#endIf((one) => one.conversation === conversation && one.user === user).length > 0;
  }

  /** Whoever has gone types nowhere. @returns {string[]} Where that is news. */
  handleGone(user) {
    return this.#endIf((one) => one.user === user);
  }

  /** Whoever was not heard of again in time has stopped. @returns {string[]} Where that is news. */
  expire(now) {
    return this.#endIf(({ until }) => until <= now);
  }

  /** Without a connection nobody knows. */
  handleDisconnected() {
    this.#theirs = [];
    this.#own = null;
  }

  #endIf(isOver) {
    const over = this.#theirs.filter(isOver);
    this.#theirs = this.#theirs.filter((one) => !over.includes(one));
    return over.map(({ conversation }) => conversation);
  }
}
