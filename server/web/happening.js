/** What happens to a group and its members, as a sentence. Pure. */

import { namesOf } from "./names.js";
import { safeLine } from "./text.js";

const CHANGES = {
  added: (who, whom) => `${who} added ${whom}`,
  joined: (who) => `${who} joined`,
  removed: (who, whom) => `${who} removed ${whom}`,
  left: (who) => `${who} left`,
  promoted: (who, whom, { isOne }) => `${who} made ${whom} ${isOne ? "an admin" : "admins"}`,
  demoted: (who, whom, { isSelf }) => `${who} ${isSelf ? "gave the admin's role back" : `took the admin's role back from ${whom}`}`,
};

const PASTS = { all: "opened the past to newcomers", none: "closed the past to newcomers" };

/** @returns {string | null} Nothing when the entry is about no group, or none of what this page knows. */
export function happeningOf(entry, me) {
  const who = entry.from === me ? "You" : entry.from;
  if (entry.kind === "members") return ofMembers(entry, who, me);
  return entry.kind === "group" ? ofGroup(entry, who) : null;
}

function ofMembers({ from, change, users }, who, me) {
  const isOne = users.length === 1;
  return CHANGES[change]?.(who, namesOf(users, me), { isOne, isSelf: isOne && users[0] === from }) ?? null;
}

function keepingOf(days) {
  if (days === 0) return "set messages to be kept";
  return `set messages to be removed after ${days === 1 ? "a day" : `${days} days`}`;
}

function ofGroup({ name, topic, past, retention_days, public: isPublic }, who) {
  if (isPublic !== undefined) return `${who} made the ${isPublic ? "public" : "private"} group #${safeLine(name ?? "")}`;
  const changes = [
    name !== undefined && `renamed the group to #${safeLine(name)}`,
    topic !== undefined && (topic ? `set the topic: ${safeLine(topic)}` : "took the topic away"),
    PASTS[past],
    retention_days !== undefined && keepingOf(retention_days),
  ].filter(Boolean);
  return changes.length > 0 ? `${who} ${changes.join(", and ")}` : null;
}
