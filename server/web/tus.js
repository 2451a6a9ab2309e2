/**
 * The requests of the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload), as this server speaks it (docs/protocol.md).
 *
 * They are made with XMLHttpRequest, since `fetch` does not tell how much of a body has left. The bytes go in slices of 8 MiB, which is as
 * often as the server makes them durable anyway: so each answer is a place from which nothing has to be sent again, what is shown is
 * never more than a slice ahead of the truth, and no browser or proxy has to hold a whole file.
 */

export const SLICE_BYTES = 8 * 1024 * 1024;

/** Nothing has moved for so long: the connection is dead. As long as the protocol gives a silent WebSocket. */
const SILENCE_MS = 40_000;

const OFFLINE = { code: "offline", message: "the server cannot be reached" };
const CODES = { 401: "unauthenticated", 404: "unknown_file", 408: "unavailable", 409: "wrong_offset", 413: "file_too_large", 423: "busy", 429: "busy" };

/**
 * Begins an upload.
 * @returns {Promise<string>} Its path.
 * @throws A refusal: `{code, message}`.
 */
export async function create({ name, size, type }) {
  const said = await request("POST", "/api/uploads", {
    headers: { "Upload-Length": size, "Upload-Metadata": `filename ${base64(name)},filetype ${base64(type)}` },
  });
  return new URL(said.getResponseHeader("Location"), location.href).pathname;
}

/** The offset at which an upload goes on. */
export async function offsetOf(url, signal) {
  return offsetIn(await request("HEAD", url, { signal }));
}

/**
 * Sends some bytes.
 * @param {string} url
 * @param {number} offset
 * @param {Blob} bytes
 * @param {(sent: number) => void} progressed
 * @param {AbortSignal} signal
 * @returns {Promise<number>} The offset behind them.
 */
export async function append(url, offset, bytes, progressed, signal) {
  const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
  const said = await request("PATCH", url, { headers, body: bytes, progressed, signal }).catch(async (refused) => {
    throw refused === OFFLINE && !(await isReadable(bytes)) ? { code: "unreadable" } : refused;
  });
  return offsetIn(said);
}

/** Gives up an upload, or a file that was never sent. */
export function abandon(url) {
  return request("DELETE", url, {});
}

/** The id of the file that an upload becomes. */
export function idOf(url) {
  return url.split("/").at(-1);
}

/** What an answer that is no success means. @returns {{code: string, message: string}} */
export function refusalOf(status, body) {
  try {
    const { code, message } = JSON.parse(body);
    if (typeof code === "string") return { code, message: String(message) };
  } catch {
    // A proxy, or an answer to a HEAD.
  }
  const code = CODES[status] ?? (status >= 500 ? "unavailable" : "refused");
  return { code, message: `the server answered with the status ${status}` };
}

function request(method, url, { headers = {}, body = null, progressed, signal }) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    let silence = 0;
    const stop = () => asked.abort();
    const stir = () => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
    };
    asked.open(method, url);
    for (const [name, value] of Object.entries({ "Tus-Resumable": "1.0.0", ...headers })) asked.setRequestHeader(name, value);
    asked.upload.onprogress = ({ loaded }) => {
      stir();
      progressed?.(loaded);
    };
    asked.onloadend = () => {
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
      if (asked.status === 0) reject(OFFLINE);
      else if (asked.status < 300) resolve(asked);
      else reject(refusalOf(asked.status, asked.responseText));
    };
    signal?.addEventListener("abort", stop);
    stir();
    asked.send(body);
  });
}

function offsetIn(answer) {
  const offset = answer.getResponseHeader("Upload-Offset");
  // Something between here and the server has answered in its place.
  if (offset === null) throw OFFLINE;
  return Number(offset);
}

/** Whether the file is still what was chosen. A browser refuses to read one that has changed. */
function isReadable(bytes) {
  return bytes.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
