// The Live page: starts and stops a feed, and tells how it goes and who is in view.

import { Cards } from "./cards.js";
import { CameraFeed } from "./feed-camera.js";
import { SourceFeed } from "./feed-source.js";
import { Pace } from "./pace.js";
import { Timeline } from "./timeline.js";
import { View } from "./view.js";
import { people as counted } from "./words.js";

const TELL_EVERY_MS = 200; // cards and figures; faster could not be read
const SOURCE = "source:";

const element = (id) => document.getElementById(id);
const [stage, box, video, remote, controls, start, camera] =
  ["stage", "view", "video", "remote", "controls", "start", "camera"].map(element);
const checked = (name) => [...controls.elements[name]].filter((toggle) => toggle.checked).map((toggle) => toggle.value);
const layers = () => Object.fromEntries([...controls.elements.layers].map((toggle) => [toggle.value, toggle.checked]));

const view = new View(box, element("overlay"), layers);
const cards = new Cards(element("cards"));
const timeline = new Timeline(element("timeline"));
const pace = new Pace();

let feed = null;
let told = { people: [], at: -Infinity };

/** What the server is asked to tell: what is shown beside the face, and what is drawn on it. */
function wish() {
  const shown = layers();
  return [...checked("attributes"), "quality", ...["pose", "landmarks"].filter((name) => shown[name])];
}

async function begin() {
  end();
  say("problem", null);
  say("note", null);
  const chosen = camera.value;
  const own = (feed = chosen.startsWith(SOURCE)
    ? new SourceFeed(Number(chosen.slice(SOURCE.length)), remote, wish, listener(() => own))
    : new CameraFeed(video, wish, listener(() => own)));
  start.textContent = "Stop";
  element("invitation").hidden = true;
  state("busy", "Starting");
  try {
    await own.start(chosen);
  } catch (error) {
    if (feed === own) fail(error.message);
    return;
  }
  if (feed !== own) return;
  video.hidden = own.picture !== video;
  remote.hidden = own.picture !== remote;
  box.classList.toggle("mirrored", own.mirrored);
  element("trip-row").hidden = own.picture !== video;
  view.show(own);
  if (own.picture === video) await listCameras(own.device);
}

function end() {
  feed?.stop();
  feed = null;
  view.show(null);
  video.hidden = remote.hidden = true;
  element("invitation").hidden = false;
  start.textContent = "Start";
  forget();
  say("note", null);
  state("off", "Off");
}

function fail(sentence) {
  end();
  say("problem", sentence);
  state("broken", "Off");
}

function forget() {
  told = { people: [], at: -Infinity };
  pace.clear();
  cards.clear();
  timeline.clear();
  count([]);
  element("figures").hidden = true;
}

/** What a feed tells, as long as it is the one that is shown. */
function listener(own) {
  const when = (act) => (...values) => feed !== null && feed === own() && act(...values);
  return {
    live: when(() => {
      if (document.hidden || stage.dataset.state === "live") return; // results under way
      if (stage.dataset.waited) say("note", null);
      delete stage.dataset.waited;
      state("live", "Live");
    }),
    waiting: when((sentence) => {
      forget();
      stage.dataset.waited = "true";
      say("note", sentence);
      state("busy", "Reconnecting");
    }),
    note: when((sentence) => {
      delete stage.dataset.waited;
      say("note", sentence);
    }),
    begins: when(forget),
    failed: when(fail),
    result: when(({ people, trip, inference }) => {
      pace.add(performance.now(), trip ?? 0, inference);
      told.people = people;
    }),
  };
}

/** Cards, timeline and figures; the overlay is drawn by itself. */
function tell() {
  const now = performance.now();
  if (feed === null || stage.dataset.state !== "live") return;
  cards.update(told.people, cuttable(), now);
  timeline.update(told.people, now);
  count(told.people);
  const figures = pace.at(now);
  element("figures").hidden = figures === null;
  if (figures === null) return;
  element("rate").textContent = figures.rate.toFixed(0);
  element("trip").textContent = `${figures.trip.toFixed(0)} ms`;
  element("inference").textContent = `${figures.inference.toFixed(0)} ms`;
}

function cuttable() {
  const { picture, size, mirrored } = feed;
  return size && { source: picture, scale: (picture.videoWidth ?? picture.width) / size.width, mirrored };
}

function count(people) {
  const text = feed === null ? "" : people.length ? counted(people.length) : "nobody";
  if (element("count").textContent !== text) element("count").textContent = text;
}

function state(kind, word) {
  stage.dataset.state = kind;
  element("state").textContent = word;
}

function say(id, sentence) {
  element(id).hidden = sentence === null;
  element(id).textContent = sentence ?? "";
}

/** Names of cameras are known once one was allowed. */
async function listCameras(chosen) {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  const options = devices.map(({ deviceId, label }, index) => new Option(label || `Camera ${index + 1}`, deviceId));
  element("cameras").replaceChildren(...(options.length ? options : [new Option("Camera", "")]));
  if (chosen) camera.value = chosen;
}

controls.addEventListener("submit", (event) => {
  event.preventDefault();
  if (feed === null) begin();
  else end();
});
camera.addEventListener("change", () => feed !== null && begin());
controls.addEventListener("change", ({ target }) => target.type === "checkbox" && feed?.ask());
navigator.mediaDevices?.addEventListener("devicechange", () => feed?.picture === video && listCameras(feed.device));
document.addEventListener("visibilitychange", () => {
  if (feed === null) return;
  if (document.hidden) state("busy", "Paused");
});
window.addEventListener("pagehide", end);
setInterval(tell, TELL_EVERY_MS);
