// What HTML cannot do by itself: shortcuts, dialogs, copying. Every page works without it for reading.
"use strict";

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
    const form = event.target.closest("form");
    if (form !== null) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (wanted !== null) {
    event.preventDefault();
    wanted.click();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button === null) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1200);
  });
});
