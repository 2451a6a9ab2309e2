/** Sizes and times in words. Pure. */

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes === 1) return "1 byte";
  let unit = 0;
  let amount = bytes;
  // What would be rounded up to 1,024 belongs to the next unit.
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && amount < 99.95 ? 1 : 0;
  return `${amount.toFixed(digits).replace(/\.0$/, "")} ${UNITS[unit]}`;
}

/** How much longer something takes. @param {number} seconds */
export function leftText(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return `${whole} s left`;
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return `${minutes} min left`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60 ? ` ${minutes % 60} min` : "";
  return hours < 100 ? `${hours} h${rest} left` : "days left";
}
