/** Names of users and groups: what is one, and several of them in a sentence. Pure. */

const NAME = /^[a-z0-9][a-z0-9_.-]{0,31}$/;
/** So many names stand in a sentence. */
const NAMED_MAX = 10;

/** Whether somebody, or a group, can be called so. */
export function isName(text) {
  return NAME.test(text);
}

/** Whether this is what is left of a deleted account; nobody else can be called so. */
export function isTombstone(name) {
  return name.startsWith("deleted-");
}

/** Whether the other one of a conversation has deleted their account. */
export function hasGone({ peer }) {
  return Boolean(peer) && isTombstone(peer.user);
}

/** The names that were typed, each once, however they were parted. */
export function namesIn(text) {
  return [...new Set(text.toLowerCase().split(/[\s,;]+/).filter(Boolean))];
}

/** Several names in a sentence; the user is "you". @param {string[]} users */
export function namesOf(users, me) {
  const names = users.map((user) => (user === me ? "you" : user));
  if (names.length > NAMED_MAX) return `${names.slice(0, NAMED_MAX - 1).join(", ")} and ${names.length - NAMED_MAX + 1} others`;
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
