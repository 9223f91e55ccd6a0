// The picture with what is drawn over it, as often as the screen is.

import { drawFaces } from "./overlay.js";

export class View {
  #box; #canvas; #feed = null; #layers; #empty = true;

  /** @param box element around the picture and a canvas. @param layers function that gives what is drawn. */
  constructor(box, canvas, layers) {
    [this.#box, this.#canvas, this.#layers] = [box, canvas, layers];
  }

  /** Draw the people of a feed from now on; of none with null. */
  show(feed) {
    const begins = this.#feed === null && feed !== null;
    this.#feed = feed;
    this.#clear();
    if (begins) requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    if (this.#feed === null) return;
    requestAnimationFrame(() => this.#paint());
    const { size, mirrored } = this.#feed;
    if (size === null) return;
    const people = this.#feed.people(performance.now());
    const scale = this.#place(size);
    if (people.length === 0 && this.#empty) return;
    this.#clear();
    this.#empty = people.length === 0;
    const unit = window.devicePixelRatio || 1;
    drawFaces(this.#canvas.getContext("2d"), people, { scale, unit, mirrored, layers: this.#layers() });
  }

  /** Gives the box the picture's proportions, and lays the canvas over the picture: where the box may be no higher, it has margins. */
  #place({ width, height }) {
    this.#box.style.aspectRatio = `${width} / ${height}`;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [this.#box.clientWidth, this.#box.clientHeight];
    const scale = Math.min(wide / width, high / height);
    const style = {
      left: `${(wide - width * scale) / 2}px`, top: `${(high - height * scale) / 2}px`,
      width: `${width * scale}px`, height: `${height * scale}px`,
    };
    const [across, down] = [Math.round(width * scale * ratio), Math.round(height * scale * ratio)];
    if (this.#canvas.style.left !== style.left || this.#canvas.style.width !== style.width) Object.assign(this.#canvas.style, style);
    if (this.#canvas.width !== across || this.#canvas.height !== down) {
      [this.#canvas.width, this.#canvas.height] = [across, down];
      this.#empty = false;
    }
    return scale * ratio;
  }

  #clear() {
    this.#canvas.getContext("2d").clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#empty = true;
  }
}
