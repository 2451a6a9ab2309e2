/** Addresses in messages: where one ends, and whose it really is. Pure. */

/** What is longer is no link. */
const ADDRESS_BYTES_MAX = 2048;
const SCHEMES = ["http://", "https://"];
/** At the end of an address these belong to the sentence. */
const SENTENCE_ENDS = ".,;:!?'*_~。，、；：！？」』）】》…”’";
const ENDS_ADDRESS = /[\p{White_Space}<>"`\\\ufffd]/u;

/** Whether an address begins at `start`. */
export function beginsAddress(line, start, end) {
  return SCHEMES.some((scheme) => {
    if (end - start < scheme.length) return false;
    const typed = line.slice(start, start + scheme.length).join("");
    return typed.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) === scheme;
  });
}

/** How many characters from `start` on are an address that stands there for itself. */
export function bareLength(line, start) {
  let end = start;
  const counts = { "(": 0, ")": 0, "[": 0, "]": 0 };
  for (; end < line.length && !ENDS_ADDRESS.test(line[end]); end += 1) if (line[end] in counts) counts[line[end]] += 1;
  for (; end > start; end -= 1) {
    const last = line[end - 1];
    if (last === ")" && counts[")"] > counts["("]) counts[")"] -= 1;
    else if (last === "]" && counts["]"] > counts["["]) counts["]"] -= 1;
    else if (!SENTENCE_ENDS.includes(last)) break;
  }
  return end - start;
}

/**
 * The host of an address, in ASCII, if it is one that may be a link.
 * @param {string} address
 * @returns {string | null}
 */
export function hostOf(address) {
  if (ENDS_ADDRESS.test(address) || new TextEncoder().encode(address).length > ADDRESS_BYTES_MAX) return null;
  const url = parsed(address);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  return isWeb && /^[A-Za-z0-9._[\]:-]+$/.test(url.hostname) ? url.hostname : null;
}

function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Whether the address, read from the left, shows its host. */
export function showsHost(address, host) {
  const rest = address.slice(address.indexOf("://") + 3);
  const typed = rest.slice(0, host.length).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  // `:5000/`, and not `:secret@elsewhere`.
  return typed === host && /^(?::[0-9]*)?(?:[/?#]|$)/.test(rest.slice(host.length));
}
