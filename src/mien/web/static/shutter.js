// The dialog in which a picture is taken with the camera.

import { closeCamera, openCamera } from "./camera.js";

/** Sets up the dialog; calls `taken` with a File. Returns the function that opens it. */
export function setUpShutter(dialog, taken) {
  const [video, shoot, cancel, problem] = ["video", "shoot", "cancel", "camera-problem"].map((id) => document.getElementById(id));
  let stream = null;

  async function open() {
    problem.hidden = true;
    shoot.disabled = true;
    dialog.showModal();
    try {
      const opened = await openCamera();
      if (!dialog.open) return closeCamera(opened); // closed while the browser was asking
      stream = opened;
      video.srcObject = stream;
      await video.play();
      shoot.disabled = false;
      shoot.focus();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  }

  shoot.addEventListener("click", async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
    dialog.close();
    if (blob) taken(new File([blob], "camera.jpg", { type: "image/jpeg" }));
  });
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    closeCamera(stream);
    video.srcObject = stream = null;
  });
  return open;
}
