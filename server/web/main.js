/** Where the page begins: it finds out who one is, and shows the door or the chat. */

import { openApp } from "./app.js";
import { backoffMs } from "./backoff.js";
import { openDoor } from "./door.js";
import { $, write } from "./dom.js";
import { whoami } from "./http.js";
import { goodbyeBefore, whenAnotherTabMoves } from "./leave.js";

const me = await findOut();
const goodbye = goodbyeBefore();
write($("starting"), "");
$("starting").hidden = true;
whenAnotherTabMoves(me);
if (me && !goodbye?.isAgain) openApp(me);
else openDoor(goodbye?.text).then(openApp);

/** Asks until the server answers. */
async function findOut() {
  for (let tries = 0; ; tries += 1) {
    try {
      return await whoami();
    } catch {
      write($("starting"), "The server cannot be reached. Trying again…");
      await new Promise((rested) => setTimeout(rested, 200 + backoffMs(tries, Math.random())));
    }
  }
}
