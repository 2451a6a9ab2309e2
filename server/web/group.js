/** A group as its summary tells of it, and what becomes of that by the entries after it. Pure. */

/** In a group of up to this many, members hear how far each other is. */
export const WHISPERING_MEMBERS_MAX = 100;
export const TOPIC_BYTES_MAX = 512;
/** So many are added by one request. */
export const ADDED_MAX = 100;

const COMINGS = new Set(["added", "joined"]);
const GOINGS = new Set(["removed", "left"]);
const ROLES = { promoted: "admin", demoted: "member" };

export function isGroup({ kind }) {
  return kind === "group";
}

export function isAdmin(summary) {
  return isGroup(summary) && summary.role === "admin";
}

/** Whether the user may bring others in. */
export function mayAdd(summary) {
  return isGroup(summary) && (summary.public || isAdmin(summary));
}

/** Whether somebody comes or goes by this entry. */
export function movesMembers({ kind, change }) {
  return kind === "members" && (COMINGS.has(change) || GOINGS.has(change));
}

/** What a summary says of its group. */
export function groupIn({ name, topic, past, members, role, retention_days }) {
  return { name, topic, past, members, role, retention_days };
}

/** That after an entry. */
export function groupAfter(group, { kind, name, topic, past, retention_days, change, users }, me) {
  if (kind === "group") {
    const said = Object.entries({ name, topic, past, retention_days }).filter(([, value]) => value !== undefined);
    return { ...group, ...Object.fromEntries(said) };
  }
  if (kind !== "members") return group;
  const by = COMINGS.has(change) ? users.length : GOINGS.has(change) ? -users.length : 0;
  const role = users.includes(me) ? (ROLES[change] ?? group.role) : group.role;
  return { ...group, members: group.members + by, role };
}

/** How many, in words. */
export function memberCount(members) {
  return members === 1 ? "1 member" : `${members} members`;
}

/** What is wrong with a topic; nothing when it is fine. */
export function topicProblem(topic) {
  const bytes = new TextEncoder().encode(topic).length;
  return bytes > TOPIC_BYTES_MAX ? `A topic has at most ${TOPIC_BYTES_MAX} bytes, and this one has ${bytes}.` : "";
}
