/** How long messages are kept, in words. Pure. */

export const DAYS_MAX = 36_500;

/** After how many days messages of a conversation go: the shorter of the server's time and the group's; 0 when they stay. */
export function daysOf({ retention_days: groups = 0 }, { retention_days: servers = 0 }) {
  const rules = [groups, servers].filter((days) => days > 0);
  return rules.length > 0 ? Math.min(...rules) : 0;
}

/** @param {number} days 0 when they stay. */
export function keptWords(days) {
  if (days === 0) return "Messages are kept for ever.";
  return days === 1 ? "Messages are removed after a day." : `Messages are removed after ${days} days.`;
}

/** The days that somebody typed: empty means that they stay. @returns {number | null} Nothing when it is no number of days. */
export function daysIn(typed) {
  const text = typed.trim();
  if (!/^\d{0,5}$/.test(text)) return null;
  const days = Number(text);
  return days <= DAYS_MAX ? days : null;
}
