// The ways in which files come into a page: chosen, dropped, pasted.

/**
 * @param options.drop element that shows where to drop.
 * @param options.choose button. @param options.input the hidden input that it opens.
 * @param options.within where it takes what is dropped and pasted: the whole page, unless a part of it has its own.
 * @param options.taken called with a File; with each of several where the input is for several.
 */
export function setUpIntake({ drop, choose, input, within = document, taken }) {
  const give = (list) => {
    const files = [...(list ?? [])].filter((one) => one instanceof File);
    files.slice(0, input.multiple ? files.length : 1).forEach(taken);
  };
  const over = (is) => {
    for (const other of document.querySelectorAll(".drop.over")) other.classList.remove("over");
    drop.classList.toggle("over", is);
  };
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the same file may be chosen again
    give(files);
  });
  // Files that a part of the page takes are not taken by the whole page too.
  within.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.stopPropagation();
    give(event.clipboardData.files);
  });
  for (const kind of ["dragenter", "dragover"]) {
    within.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      over(true);
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
  within.addEventListener("drop", (event) => {
    over(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    give(event.dataTransfer.files);
  });
}
