// Frames of the browser's camera, and the people whom the server sees in them.

import { Refusal, analyze } from "./api.js";
import { closeCamera, openCamera } from "./camera.js";
import { Glide } from "./glide.js";
import { Grabber } from "./grabber.js";
import { Link } from "./link.js";
import { packed } from "./message.js";

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
const SILENCE_MS = 10_000; // without an answer, with frames on their way
const PAUSE_MS = 1500; // after a picture that was refused
const ALONE =
  "Something between this browser and the server blocks WebSockets. Every picture is now sent and looked at on its own: that is slower, and people are not followed from picture to picture.";

export class CameraFeed {
  #video; #told; #wish; #stream = null; #glide = new Glide(); #grabber; #link;
  #number = 0; #flight = new Map(); #window = 0; #alone = false; #asking = null; #watch = null; #ended = false;
  size = null;

  /**
   * @param video element that shows the camera.
   * @param wish function that gives the names of the attributes wanted.
   * @param told what is told: live(), waiting(sentence), result({people, trip, inference}), note(sentence), failed(sentence).
   */
  constructor(video, wish, told) {
    [this.#video, this.#wish, this.#told] = [video, wish, told];
    this.#grabber = new Grabber(video, () => this.#room(), (picture) => this.#send(picture));
    this.#link = new Link("/live/socket", {
      opened: () => {},
      message: (data) => this.#take(JSON.parse(data)),
      waiting: (seconds, why) => this.#lost(`${why} Trying again in ${Math.ceil(seconds)} s.`),
      refused: told.failed,
      blocked: () => this.#goAlone(),
    });
  }

  get picture() {
    return this.#video;
  }

  /** Selfies are shown as in a mirror; the camera at the back of a phone is not. */
  get mirrored() {
    return this.#settings.facingMode !== "environment";
  }

  get device() {
    return this.#settings.deviceId ?? "";
  }

  get #settings() {
    return this.#stream?.getVideoTracks()[0]?.getSettings() ?? {};
  }

  async start(device) {
    const stream = await openCamera({ ...SIZE, ...(device ? { deviceId: { exact: device } } : { facingMode: "user" }) });
    if (this.#ended) return closeCamera(stream); // stopped while the browser was asking
    this.#stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => this.#told.failed("The camera was taken away or switched off."));
    this.#video.srcObject = stream;
    await this.#video.play();
    if (this.#ended) return;
    this.#link.open();
    this.#grabber.start();
    this.#watch = setInterval(() => this.#listen(), 1000);
  }

  stop() {
    this.#ended = true;
    clearInterval(this.#watch);
    this.#grabber.stop();
    this.#link.close();
    this.#asking?.abort();
    closeCamera(this.#stream);
    this.#video.srcObject = null;
  }

  /** What is wanted has changed. */
  ask() {
    this.#link.send(JSON.stringify({ attributes: this.#wish() }));
  }

  people(now) {
    return this.#glide.at(now);
  }

  #room() {
    return this.#alone ? this.#asking === null : this.#link.isOpen && this.#flight.size < this.#window;
  }

  #send(picture) {
    if (this.#alone) return this.#askFor(picture);
    const number = (this.#number = (this.#number + 1) % 2 ** 32);
    this.#flight.set(number, picture);
    this.#link.send(packed(number, picture.time / 1000, picture.jpeg));
  }

  #take(message) {
    if (message.type === "ready") {
      this.#window = message.window;
      this.#flight.clear(); // what another session still owed
      return this.ask();
    }
    const sent = this.#flight.get(message.id);
    if (!sent) return;
    // An answer stands for all before it.
    for (const number of this.#flight.keys()) {
      this.#flight.delete(number);
      if (number === message.id) break;
    }
    if (message.type === "result") this.#show(message.people, sent, message.inference_ms);
  }

  #show(people, { time, width, height }, inference) {
    this.size = { width, height };
    this.#glide.take(people, time);
    this.#told.live();
    this.#told.result({ people, trip: performance.now() - time, inference });
  }

  #lost(why) {
    this.#flight.clear();
    this.#window = 0;
    this.#glide.clear();
    this.#told.waiting(why);
  }

  #listen() {
    const [oldest] = this.#flight.values();
    if (oldest && !document.hidden && this.#link.isOpen && performance.now() - oldest.time > SILENCE_MS) this.#link.giveUp();
  }

  #goAlone() {
    this.#alone = true;
    this.#told.note(ALONE);
  }

  /** Without a WebSocket: one picture, one request. */
  async #askFor(picture) {
    this.#asking = new AbortController();
    try {
      const blob = new Blob([picture.jpeg], { type: "image/jpeg" });
      const { images, elapsed_ms } = await analyze(blob, { attributes: this.#wish(), signal: this.#asking.signal });
      this.#show(images[0].faces, picture, elapsed_ms);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Refusal)) throw error;
      if (!error.again) return this.#told.failed(error.message);
      this.#lost(error.message);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
    this.#asking = null;
  }
}
