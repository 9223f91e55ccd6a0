// A picture with a canvas of the same size over it.

import { drawFaces, faceAt } from "./overlay.js";

const LINES_A_PICTURE = 700; // a saved picture's longer side, in units of the drawing

export class Stage {
  #image; #canvas; #result = null; #highlighted = null;

  /** @param highlight called with the index of the face under the pointer, or null. */
  constructor(figure, highlight) {
    this.#image = figure.querySelector("img");
    this.#canvas = figure.querySelector("canvas");
    const observer = new ResizeObserver(() => this.#draw());
    for (const one of [figure, this.#image]) observer.observe(one); // a small picture moves where the figure alone shrinks
    this.#image.addEventListener("load", () => this.#draw());
    figure.addEventListener("pointermove", (event) => highlight(this.#faceUnder(event)));
    figure.addEventListener("pointerleave", () => highlight(null));
  }

  /** @param result an image as the API gives it, or null. */
  show(url, result) {
    this.#result = result;
    this.#highlighted = null;
    this.#image.hidden = url === null;
    if (url !== null && this.#image.src !== url) this.#image.src = url;
    this.#image.alt = result ? `The photo ${result.name ?? ""}` : "";
    this.#draw();
  }

  set highlighted(index) {
    if (index === this.#highlighted) return;
    this.#highlighted = index;
    this.#draw();
  }

  /** The picture with everything drawn on it, in its own size, as PNG. */
  toBlob() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.#result.width, this.#result.height];
    const context = canvas.getContext("2d");
    if (!this.#image.hidden) context.drawImage(this.#image, 0, 0, canvas.width, canvas.height);
    drawFaces(context, this.#result.faces, { unit: Math.max(1, Math.max(canvas.width, canvas.height) / LINES_A_PICTURE) });
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  #draw() {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = this.#image;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.#canvas.style, {
      left: `${offsetLeft}px`, top: `${offsetTop}px`, width: `${offsetWidth}px`, height: `${offsetHeight}px`,
    });
    [this.#canvas.width, this.#canvas.height] = [Math.round(offsetWidth * ratio), Math.round(offsetHeight * ratio)];
    if (!this.#result?.width || !offsetWidth) return;
    const scale = this.#canvas.width / this.#result.width;
    drawFaces(this.#canvas.getContext("2d"), this.#result.faces, { scale, unit: ratio, highlighted: this.#highlighted });
  }

  #faceUnder(event) {
    if (!this.#result?.width) return null;
    const { left, top, width } = this.#image.getBoundingClientRect();
    const scale = this.#result.width / width;
    const found = faceAt(this.#result.faces, (event.clientX - left) * scale, (event.clientY - top) * scale);
    return found < 0 ? null : found;
  }
}
