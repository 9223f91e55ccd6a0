// A worker: makes JPEGs of pictures, one after the other.

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false }); // read back at once

self.onmessage = async ({ data: { picture, width, height } }) => {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  const jpeg = await blob.arrayBuffer();
  self.postMessage(jpeg, [jpeg]);
};
