// A WebSocket to this server that is opened again where it is lost, after waits that grow.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const STEADY_MS = 5000; // a connection that lasted so long was a good one
const TRIES_WITHOUT = 2; // WebSockets that never open, on a server that answers, are blocked on the way
const BUSY = 1013;
const IDLE = 1008;
const OUT = "This browser is not let in any more: the server was started anew. Open the address that it printed.";

export class Link {
  #url; #told; #socket = null; #tries = 0; #blocked = 0; #timer = null; #opened = 0; #wanted = false;

  /**
   * @param path of the socket.
   * @param told what is told: opened(), message(data), waiting(seconds, why), refused(sentence), blocked().
   */
  constructor(path, told) {
    this.#url = new URL(path, location.href).href.replace(/^http/, "ws");
    this.#told = told;
    this.retry = this.retry.bind(this);
  }

  open() {
    this.#wanted = true;
    window.addEventListener("online", this.retry);
    document.addEventListener("visibilitychange", this.retry);
    this.#connect();
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.retry);
    document.removeEventListener("visibilitychange", this.retry);
    this.#socket?.close();
    this.#socket = null;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(data) {
    if (this.isOpen) this.#socket.send(data);
  }

  /** The server answers no more, though nothing was closed. */
  giveUp() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#wait("The server does not answer.");
  }

  /** At once, where it waits to try again. */
  retry() {
    if (this.#wanted && this.#socket === null && !document.hidden) this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = (this.#socket = new WebSocket(this.#url));
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      opened = true;
      this.#opened = performance.now();
      this.#blocked = 0;
      this.#told.opened();
    });
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#told.message(data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket !== this.#socket) return; // closed by us
      this.#socket = null;
      if (opened) this.#lost(code, reason);
      else this.#probe();
    });
  }

  #lost(code, reason) {
    if (performance.now() - this.#opened > STEADY_MS) this.#tries = 0;
    if (code === IDLE && document.hidden) return; // nothing was sent while nobody looked; goes on with the page
    const why = { [BUSY]: "The server has as many live sessions as it takes.", 1001: "The server was stopped." }[code];
    this.#wait(why ?? (reason ? `The server ended the session: ${reason}.` : "The connection was lost."));
  }

  /** Why did it not open? A browser does not tell, so the server is asked for something else. */
  async #probe() {
    let answer;
    try {
      answer = await fetch(location.pathname, { redirect: "manual", cache: "no-store" });
    } catch {
      return this.#wait("The server does not answer.");
    }
    if (!this.#wanted || this.#socket !== null) return;
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      this.close();
      return this.#told.refused(OUT);
    }
    this.#blocked += 1;
    if (this.#blocked < TRIES_WITHOUT) return this.#wait("The connection cannot be opened.");
    this.close();
    this.#told.blocked();
  }

  #wait(why) {
    if (!this.#wanted || this.#socket !== null) return;
    const bound = Math.min(FIRST_WAIT_MS * 2 ** this.#tries++, LONGEST_WAIT_MS);
    const wait = bound * (0.5 + 0.5 * Math.random()); // so that many browsers do not come back all at once
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.retry, wait);
    this.#told.waiting(wait / 1000, why);
  }
}
