/**
 * The end of a login. The page is loaded anew, so that nothing of one user is ever left in the memory of another one's page; what they
 * have to be told waits in the session storage.
 */

const GOODBYE = "chat.goodbye";
const WHO = "chat.who";
/** Being thrown out again so soon after coming in means that the cookie does not do what it should. */
const AGAIN_MS = 5_000;

const WORDS = {
  logged_out: "This device was logged out.",
  by_user: "You are logged out.",
  erased: "Your account is deleted. The name is free again.",
  version: "The server has changed. Reload the page if it does not work.",
};

/** Who is logged in on this page. */
let current = null;

/** Ends this login's page. */
export function leave(code) {
  sessionStorage.setItem(GOODBYE, JSON.stringify({ code, at: Date.now() }));
  if (code === "by_user" || code === "erased") tellOtherTabs(null);
  location.reload();
}

/** What was said at the end of the login before, once. */
export function goodbyeBefore() {
  const said = sessionStorage.getItem(GOODBYE);
  sessionStorage.removeItem(GOODBYE);
  if (!said) return null;
  const { code, at } = JSON.parse(said);
  return { text: WORDS[code] ?? "", isAgain: Date.now() - at < AGAIN_MS };
}

/** The cookie is the browser's: who logs in or out in one tab does so in all. */
export function tellOtherTabs(user) {
  current = user;
  localStorage.setItem(WHO, JSON.stringify([user, Date.now()]));
}

export function whenAnotherTabMoves(me) {
  current = me;
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== WHO || !newValue) return;
    const [user] = JSON.parse(newValue);
    if (user === current) return;
    if (user) location.reload();
    else leave("logged_out");
  });
}
