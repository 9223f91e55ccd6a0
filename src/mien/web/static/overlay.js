// Draws faces over a picture or video, for still results and for live ones.

import { EXPRESSIONS } from "./expressions.js";
import { doubts, lines } from "./words.js";

/** Told apart by the colour-blind too (Okabe and Ito 2008), the same as in pictures that Python draws. */
export const COLOURS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"];
export const LAYERS = { boxes: true, labels: true, bars: false, keypoints: false, landmarks: true, pose: true };
const AXES = ["#ff5a52", "#3ecf6a", "#4aa8ff"]; // right, up, nose
const DARK = "rgba(18, 20, 24, 0.8)";
const NOSE = 2; // among the keypoints

/** A person keeps the colour while the track lasts. */
export const colourOf = (face, index) => COLOURS[((face.track_id ?? index + 1) - 1) % COLOURS.length];

/**
 * Draw faces; the canvas is not cleared.
 *
 * @param context 2D context of a canvas.
 * @param faces as the API gives them, in the picture's pixels.
 * @param options.scale canvas pixels per pixel of the picture.
 * @param options.unit canvas pixels per point of the text; the device's pixel ratio on a screen.
 * @param options.mirrored the picture is shown mirrored.
 * @param options.layers what is drawn; see LAYERS.
 * @param options.highlighted index of a face drawn stronger, or null.
 */
export function drawFaces(context, faces, options = {}) {
  const { scale = 1, unit = 1, mirrored = false, layers = LAYERS, highlighted = null } = options;
  const { width } = context.canvas;
  const x = (value) => (mirrored ? width - value * scale : value * scale);
  const placed = faces.map((face) => placedBox(face, x, scale, context.canvas));
  const point = ([px, py]) => [x(px), py * scale];
  context.save();
  context.lineJoin = context.lineCap = "round";
  faces.forEach((face, index) => {
    const box = placed[index];
    const colour = colourOf(face, index);
    const line = unit * (index === highlighted ? 4 : 2);
    if (layers.boxes) drawBox(context, box, colour, line);
    const radius = Math.max(box.width * 0.006, unit * 0.6);
    if (layers.landmarks && face.landmarks && !doubts(face, "landmarks")) {
      drawDots(context, face.landmarks.map(point), colour, radius);
    } else if (layers.keypoints && face.keypoints) {
      drawDots(context, face.keypoints.map(point), colour, radius * 2.5);
    }
    if (layers.pose && face.pose && !doubts(face, "pose")) {
      const start = face.keypoints ? point(face.keypoints[NOSE]) : [box.x + box.width / 2, box.y + box.height / 2];
      drawAxes(context, start, face.pose, box.width * 0.5, unit * 2, mirrored ? -1 : 1);
    }
  });
  if (layers.labels || layers.bars) drawLabels(context, faces, placed, unit, layers);
  context.restore();
}

/** The index of the face at a point of the picture, the smallest where several overlap; -1 for none. */
export function faceAt(faces, x, y) {
  let found = -1;
  let least = Infinity;
  faces.forEach(({ box: [x1, y1, x2, y2] }, index) => {
    const area = (x2 - x1) * (y2 - y1);
    if (x >= x1 && x < x2 && y >= y1 && y < y2 && area < least) [found, least] = [index, area];
  });
  return found;
}

function placedBox(face, x, scale, canvas) {
  const [x1, y1, x2, y2] = face.box;
  const left = Math.max(Math.min(x(x1), x(x2)), 0);
  const top = Math.max(y1 * scale, 0);
  const right = Math.min(Math.max(x(x1), x(x2)), canvas.width);
  return { x: left, y: top, width: right - left, height: Math.min(y2 * scale, canvas.height) - top };
}

function drawBox(context, box, colour, line) {
  const radius = Math.min(box.width, box.height) * 0.1;
  context.beginPath();
  context.roundRect(box.x, box.y, Math.max(box.width, 0), Math.max(box.height, 0), Math.max(radius, 0));
  for (const [style, width] of [[DARK, line * 2], [colour, line]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function drawDots(context, points, colour, radius) {
  context.fillStyle = colour;
  context.beginPath();
  for (const [x, y] of points) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fill();
}

/**
 * Where in the picture the head's axes point to: image right, up, and ahead of the nose, each [x, y] of length 1 or less.
 * The angles' order is that of mien.geometry.pose: yaw, then pitch, then roll.
 */
export function headAxes(pose) {
  const [yaw, pitch, roll] = [pose.yaw, pose.pitch, pose.roll].map((angle) => (angle * Math.PI) / 180);
  const turn = (x, y) => [x * Math.cos(roll) - y * Math.sin(roll), x * Math.sin(roll) + y * Math.cos(roll)];
  return [
    turn(Math.cos(yaw), Math.sin(pitch) * Math.sin(yaw)),
    turn(0, -Math.cos(pitch)),
    turn(Math.sin(yaw), -Math.sin(pitch) * Math.cos(yaw)),
  ];
}

function drawAxes(context, [x, y], pose, length, line, side) {
  for (const [index, [dx, dy]] of headAxes(pose).entries()) {
    const colour = AXES[index];
    for (const [style, width] of [[DARK, line * 2.2], [colour, line]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + side * dx * length, y + dy * length);
      context.stroke();
    }
  }
}

function drawLabels(context, faces, boxes, unit, layers) {
  const taken = [];
  faces.forEach((face, index) => {
    const text = layers.labels ? lines(face, index) : [];
    const bars = layers.bars && face.emotion ? Object.entries(EXPRESSIONS) : [];
    if (text.length + bars.length === 0) return;
    const size = unit * Math.min(Math.max(boxes[index].width / unit / 9, 12), 17);
    context.font = `600 ${size}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
    const pad = size * 0.45;
    const width = Math.max(...text.map((line) => context.measureText(line).width), bars.length && size * 9) + 3 * pad;
    const textHeight = text.length * size * 1.3;
    const height = textHeight + bars.length * size + pad;
    const others = boxes.filter((_, other) => other !== index);
    const place = bestPlace(context.canvas, boxes[index], others, taken, width, height, size * 0.4);
    taken.push(place);
    context.fillStyle = DARK;
    context.beginPath();
    context.roundRect(place.x, place.y, width, height, size * 0.3);
    context.fill();
    context.fillStyle = colourOf(face, index);
    context.fillRect(place.x, place.y + pad * 0.5, pad * 0.5, height - pad);
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    text.forEach((line, row) => context.fillText(line, place.x + pad * 1.5, place.y + pad / 2 + (row + 0.5) * size * 1.3));
    context.font = `500 ${size * 0.8}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
    bars.forEach(([name, colour], row) => {
      const middle = place.y + pad / 2 + textHeight + (row + 0.5) * size;
      drawBar(context, name, face.emotion.probabilities[name], colour, { x: place.x + pad * 1.5, middle, size, width: width - 3 * pad });
    });
  });
}

/** A name and how probable it is. */
function drawBar(context, name, probability, colour, { x, middle, size, width }) {
  const [left, high] = [x + size * 4, size * 0.5];
  const whole = width - size * 4;
  context.fillStyle = "#fff";
  context.fillText(name, x, middle);
  for (const [style, wide] of [["rgba(255, 255, 255, 0.2)", whole], [colour, whole * probability]]) {
    context.fillStyle = style;
    context.beginPath();
    context.roundRect(left, middle - high / 2, wide, high, Math.min(high, wide) / 2);
    context.fill();
  }
}

/** Where a label hides the least: beside its face, off other labels and faces; the first of equals. */
function bestPlace(canvas, own, others, taken, width, height, gap) {
  const [right, bottom] = [own.x + own.width, own.y + own.height];
  const corners = [
    [own.x, own.y - height - gap],
    [own.x, bottom + gap],
    [right - width, own.y - height - gap],
    [right - width, bottom + gap],
    [right + gap, own.y],
    [own.x - width - gap, own.y],
    [own.x, bottom - height],
  ];
  let best = null;
  corners.forEach(([left, top], rank) => {
    const place = { x: within(left, canvas.width - width), y: within(top, canvas.height - height), width, height };
    const cost = 8 * hidden(place, taken) + 4 * hidden(place, others) + 2 * hidden(place, [own]) + 0.02 * rank * width * height;
    if (best === null || cost < best.cost) best = { ...place, cost };
  });
  return best;
}

const within = (value, most) => Math.max(0, Math.min(value, most));

function hidden(place, boxes) {
  let sum = 0;
  for (const box of boxes) {
    const wide = Math.min(place.x + place.width, box.x + box.width) - Math.max(place.x, box.x);
    const high = Math.min(place.y + place.height, box.y + box.height) - Math.max(place.y, box.y);
    if (wide > 0 && high > 0) sum += wide * high;
  }
  return sum;
}
