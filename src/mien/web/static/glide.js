// Moves people smoothly between results, which come late and less often than the screen is drawn.

const AHEAD_MS = 150; // that a motion is believed to go on; heads turn back
const EASE_MS = 45; // time constant of what is left of an error
const STEADY = 0.6; // share of a new speed in the one that is believed

/** What is shown of one person: the last result, where it is heading, and where it is drawn now. */
class Track {
  constructor(person, time) {
    this.box = [...person.box];
    this.speed = [0, 0, 0, 0]; // pixels a millisecond
    this.take(person, time);
  }

  take(person, time) {
    if (this.person && time > this.time) {
      const passed = time - this.time;
      this.speed = this.speed.map((old, side) => {
        const now = (person.box[side] - this.person.box[side]) / passed;
        return old + STEADY * (now - old);
      });
    }
    [this.person, this.time] = [person, time];
  }

  at(now, passed) {
    const ahead = Math.min(Math.max(now - this.time, 0), AHEAD_MS);
    const share = 1 - Math.exp(-passed / EASE_MS);
    this.box = this.box.map((shown, side) => {
      const wanted = this.person.box[side] + this.speed[side] * ahead;
      return shown + share * (wanted - shown);
    });
    return moved(this.person, this.box);
  }
}

export class Glide {
  #tracks = new Map(); #loose = []; #drawn = 0;

  /** @param people of a result; @param time of its capture, as of performance.now(). */
  take(people, time) {
    const here = new Set();
    this.#loose = people.filter((person) => person.track_id === null); // told of in single pictures
    for (const person of people) {
      if (person.track_id === null) continue;
      here.add(person.track_id);
      const track = this.#tracks.get(person.track_id);
      if (track) track.take(person, time);
      else this.#tracks.set(person.track_id, new Track(person, time));
    }
    for (const id of this.#tracks.keys()) if (!here.has(id)) this.#tracks.delete(id);
  }

  clear() {
    this.take([], 0);
  }

  /** The people as they are to be drawn now, by id. */
  at(now) {
    const passed = Math.min(now - this.#drawn, 1000);
    this.#drawn = now;
    return [...this.#tracks.values()].map((track) => track.at(now, passed)).concat(this.#loose);
  }
}

/** The person, with all points moved along with the box. */
function moved(person, box) {
  const [x1, y1, x2, y2] = person.box;
  const [wide, high] = [(box[2] - box[0]) / Math.max(x2 - x1, 1), (box[3] - box[1]) / Math.max(y2 - y1, 1)];
  const point = ([x, y]) => [box[0] + (x - x1) * wide, box[1] + (y - y1) * high];
  return { ...person, box, keypoints: person.keypoints?.map(point) ?? null, landmarks: person.landmarks?.map(point) ?? null };
}
