/** The few things that are asked over HTTP: to come in, to go, and who one is. */

const OFFLINE = { code: "offline", message: "The server cannot be reached right now." };

/** @returns {Promise<string | null>} The user's name; nothing when nobody is logged in. */
export async function whoami() {
  try {
    return (await ask("GET", "/api/session")).user;
  } catch (refused) {
    if (refused.code === "unauthenticated" || refused.code === "bad_credentials") return null;
    throw refused;
  }
}

export const register = (user, password) => ask("POST", "/api/register", { user, password });
export const login = (user, password) => ask("POST", "/api/login", { user, password });
export const logout = () => ask("POST", "/api/logout");

/** @throws An error frame of the protocol. */
async function ask(method, path, body) {
  const init = { method, cache: "no-store" };
  if (body) Object.assign(init, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const response = await fetch(path, init).catch(() => {
    throw OFFLINE;
  });
  if (response.status === 204) return {};
  const answer = await response.json().catch(() => OFFLINE);
  if (!response.ok) throw answer;
  return answer;
}
