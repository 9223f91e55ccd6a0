// The People page: who is in a photo, who is enrolled, and whoever is to be.

import { setUpEnrolment } from "./enrol.js";
import { setUpSearch } from "./find.js";
import { Members } from "./members.js";
import { setUpShutter } from "./shutter.js";

const element = (id) => document.getElementById(id);
const { maxPixels, maxBytes, maxImages, maxRequestBytes } = element("search").dataset;
const limits = { maxPixels: Number(maxPixels), maxBytes: Number(maxBytes), maxImages: Number(maxImages), maxRequestBytes: Number(maxRequestBytes) };

const members = new Members();
const takers = {
  take: setUpSearch({ limits, people: () => members.byId }),
  "enrol-take": setUpEnrolment({ limits, enrolled: () => members.refresh() }),
};
let taker = null; // of the picture that is being taken
const open = setUpShutter(element("camera"), (file) => taker(file));
for (const [button, take] of Object.entries(takers)) {
  element(button).addEventListener("click", () => {
    taker = take;
    open();
  });
}
members.refresh();
