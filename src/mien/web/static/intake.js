// The ways in which a file comes into a page: chosen, dropped, pasted.

/**
 * @param options.drop element that shows where to drop; the whole page takes what is dropped.
 * @param options.choose button. @param options.input the hidden input that it opens.
 * @param options.taken called with a File.
 */
export function setUpIntake({ drop, choose, input, taken }) {
  const give = (list) => {
    const file = [...(list ?? [])].find((one) => one instanceof File);
    if (file) taken(file);
  };
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the same file may be chosen again
    give(files);
  });
  document.addEventListener("paste", (event) => give(event.clipboardData?.files));
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    give(event.dataTransfer.files);
  });
}
