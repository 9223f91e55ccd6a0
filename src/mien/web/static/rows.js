// Faces as CSV, with the columns of `mien analyze -o FILE.csv`.

const GENDERS = ["female", "male"];
const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
const RACES = ["white", "black", "latino_hispanic", "east_asian", "southeast_asian", "indian", "middle_eastern"];
const MEASURES = ["eyes_open", "left_eye_open", "right_eye_open", "mouth_open", "smile", "facing"];

function cells(face) {
  const [x1, y1, x2, y2] = face?.box ?? [];
  const spread = (name, labels) =>
    Object.fromEntries([
      [name, face?.[name]?.label],
      ...labels.map((label) => [`${name}_${label}`, face?.[name]?.probabilities[label]]),
    ]);
  return {
    x1, y1, x2, y2, score: face?.score, track_id: face?.track_id,
    quality: face?.quality?.score, quality_reasons: face?.quality?.reasons.join(" "),
    age: face?.age?.years, age_low: face?.age?.interval?.[0], age_high: face?.age?.interval?.[1], age_group: face?.age?.group,
    ...spread("gender", GENDERS), ...spread("emotion", EMOTIONS), ...spread("race", RACES),
    yaw_deg: face?.pose?.yaw, pitch_deg: face?.pose?.pitch, roll_deg: face?.pose?.roll,
    identity: face?.identity,
    ...Object.fromEntries(MEASURES.map((name) => [name, face?.measures?.[name]])),
    unsure: face?.unsure.join(" "),
  };
}

const quoted = (value) => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** CSV of one image as the API gives it: one row a face, one without a face where nobody is in view. */
export function csv(image) {
  const picture = { path: image.name, status: image.status, reason: image.reason, width: image.width, height: image.height };
  const rows = (image.faces.length ? image.faces : [null]).map((face, index) => ({
    ...picture, face: face && index + 1, ...cells(face),
  }));
  return [Object.keys(rows[0]), ...rows.map(Object.values)].map((row) => row.map(quoted).join(",") + "\n").join("");
}
