// Takes pictures from a playing video, as small JPEGs.

const LONG_SIDE = 640; // faces are sought at this size

export class Grabber {
  #video; #wanted; #taken; #encode = null; #busy = false; #running = false;

  /**
   * @param video an element.
   * @param wanted whether a picture is wanted now.
   * @param taken called with {jpeg, time, width, height}: an ArrayBuffer, and the time as of performance.now().
   */
  constructor(video, wanted, taken) {
    [this.#video, this.#wanted, this.#taken] = [video, wanted, taken];
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#encode = "OffscreenCanvas" in window ? new WorkerEncoder() : new PageEncoder();
    this.#next();
  }

  stop() {
    this.#running = false;
    this.#encode?.close();
    this.#encode = null;
  }

  /** Called for every picture that the camera gives. */
  #next() {
    if (!this.#running) return;
    const again = () => {
      this.#take();
      this.#next();
    };
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(again);
    else requestAnimationFrame(again);
  }

  async #take() {
    const { videoWidth, videoHeight } = this.#video;
    if (this.#busy || !videoWidth || document.hidden || !this.#running || !this.#wanted()) return;
    this.#busy = true;
    const time = performance.now();
    const shrink = Math.min(1, LONG_SIDE / Math.max(videoWidth, videoHeight));
    const [width, height] = [videoWidth, videoHeight].map((side) => Math.max(1, Math.round(side * shrink)));
    const jpeg = await this.#encode.jpeg(this.#video, width, height);
    this.#busy = false;
    if (jpeg && this.#running) this.#taken({ jpeg, time, width, height });
  }
}

/** In a thread of its own: in the page, browsers put encoding off until it has nothing else to do. */
class WorkerEncoder {
  #worker = new Worker(new URL("encoder.js", import.meta.url));

  async jpeg(video, width, height) {
    const picture = "VideoFrame" in window ? new VideoFrame(video) : await createImageBitmap(video);
    return new Promise((done) => {
      this.#worker.onmessage = ({ data }) => done(data);
      this.#worker.postMessage({ picture, width, height }, [picture]);
    });
  }

  close() {
    this.#worker.terminate();
  }
}

/** Where a thread cannot draw. */
class PageEncoder {
  #canvas = document.createElement("canvas");

  async jpeg(video, width, height) {
    Object.assign(this.#canvas, { width, height });
    this.#canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
    const blob = await new Promise((done) => this.#canvas.toBlob(done, "image/jpeg", 0.8));
    return blob?.arrayBuffer();
  }

  close() {}
}
