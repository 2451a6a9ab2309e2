/** What could not be done, said plainly at the top of the page until it is read. */

import { $, write } from "./dom.js";

export class Notice {
  constructor() {
    $("notice-close").onclick = () => this.show("");
  }

  /** Shows it in place of the one before; an empty text takes that away. */
  show(text) {
    write($("notice-text"), text);
    $("notice").hidden = !text;
  }
}
