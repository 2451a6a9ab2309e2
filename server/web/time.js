/** Times as people read them. When something was is a time, not a duration: it stays true without being drawn again. */

const format = (options) => {
  const formatter = new Intl.DateTimeFormat("en-GB", options);
  return (at) => formatter.format(at);
};

export const clock = format({ hour: "2-digit", minute: "2-digit" });
export const day = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const moment = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
export const full = format({ dateStyle: "full", timeStyle: "medium" });
const year = format({ year: "numeric" });
const shortDay = format({ day: "numeric", month: "short" });
const shortDayOfYear = format({ day: "numeric", month: "short", year: "numeric" });

/** The time of today, the day of before. */
export function short(at, now = Date.now()) {
  if (day(at) === day(now)) return clock(at);
  return year(at) === year(now) ? shortDay(at) : shortDayOfYear(at);
}

/** When somebody was last here. */
export function presence(peer) {
  if (peer.online) return "online";
  return peer.last_seen ? `last seen ${moment(peer.last_seen)}` : "offline";
}
