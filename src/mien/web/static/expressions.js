// The seven expressions: their order and colours, the same in bars, cards and timelines.

/** Bottom to top of the timeline; the colour-blind tell neighbours apart by lightness. */
export const EXPRESSIONS = {
  happy: "#f0b429",
  surprise: "#e58fb8",
  neutral: "#9aa5ae",
  sad: "#3b82c4",
  fear: "#8a63c9",
  disgust: "#4d9a5d",
  angry: "#d5573b",
};
export const NAMES = Object.keys(EXPRESSIONS);
