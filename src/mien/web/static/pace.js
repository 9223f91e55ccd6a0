// How many results came lately, and what they took.

const WINDOW_MS = 2000;

export class Pace {
  #seen = [];

  clear() {
    this.#seen = [];
  }

  /** @param trip milliseconds from the picture to its result; @param inference those of them on the server. */
  add(now, trip, inference) {
    this.#seen.push({ now, trip, inference });
    this.#forget(now);
  }

  /** {rate, trip, inference}: results a second and medians; null before there are any. */
  at(now) {
    this.#forget(now);
    if (this.#seen.length < 2) return null;
    const passed = now - this.#seen[0].now;
    return {
      rate: ((this.#seen.length - 1) / Math.max(passed, 1)) * 1000,
      trip: median(this.#seen.map((one) => one.trip)),
      inference: median(this.#seen.map((one) => one.inference)),
    };
  }

  #forget(now) {
    while (this.#seen.length && this.#seen[0].now < now - WINDOW_MS) this.#seen.shift();
  }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
