// Frames of a camera, video or stream on the server, and the people in them.

import { Link } from "./link.js";
import { unpacked } from "./message.js";

const WAITING = new Set(["lost", "reconnecting", "broken", "given_up"]);

export class SourceFeed {
  #canvas; #told; #wish; #link; #frame = null; #people = []; #owed = null;
  size = null;
  mirrored = false;
  device = "";

  /**
   * @param number of the source.
   * @param canvas that its pictures are drawn on.
   * @param wish @param told as of CameraFeed; told.begins() beside them: people of before are not those who come now.
   */
  constructor(number, canvas, wish, told) {
    [this.#canvas, this.#wish, this.#told] = [canvas, wish, told];
    this.resume = this.resume.bind(this);
    this.#link = new Link(`/live/sources/${number}`, {
      opened: () => this.ask(),
      message: (data) => this.#take(data),
      waiting: (seconds, why) => {
        this.#people = [];
        told.waiting(`${why} Trying again in ${Math.ceil(seconds)} s.`);
      },
      refused: told.failed,
      blocked: () => told.failed("Something between this browser and the server blocks WebSockets, which this needs. The browser's own camera works without."),
    });
  }

  get picture() {
    return this.#canvas;
  }

  async start() {
    document.addEventListener("visibilitychange", this.resume);
    this.#link.open();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.resume);
    this.#link.close();
    this.#canvas.getContext("2d").clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  ask() {
    this.#link.send(JSON.stringify({ attributes: this.#wish() }));
  }

  /** Goes on where nothing was asked for while nobody looked. */
  resume() {
    if (document.hidden || this.#owed === null) return;
    this.#link.send(JSON.stringify({ seen: this.#owed }));
    this.#owed = null;
  }

  people() {
    return this.#people;
  }

  async #take(data) {
    if (data instanceof ArrayBuffer) {
      this.#frame = unpacked(data);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "source") this.#befall(message);
    if (message.type === "result" && this.#frame?.number === message.id) await this.#show(this.#frame, message);
  }

  /** Picture and people together: nothing has to be guessed here. */
  async #show({ number, jpeg }, { people, width, height, inference_ms }) {
    const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    if (this.#canvas.width !== picture.width || this.#canvas.height !== picture.height) {
      Object.assign(this.#canvas, { width: picture.width, height: picture.height });
    }
    this.#canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    this.size = { width, height };
    this.#people = people;
    this.#owed = number;
    if (document.hidden) return;
    this.resume();
    this.#told.live();
    this.#told.result({ people, trip: null, inference: inference_ms });
  }

  #befall({ kind, detail }) {
    if (kind === "begins") {
      this.#people = [];
      this.#told.begins();
    }
    if (WAITING.has(kind)) this.#told.waiting(detail);
  }
}
