// The sheets that change a customer: previews follow what is written, and a confirmation is sent once.
"use strict";

document.documentElement.classList.add("scripted");
// What somebody is writing just now is theirs: an answer that was under way never takes it back. A button is nobody's
// to write, and always says what it would do by now.
document.addEventListener("htmx:beforeSwap", () => {
  Idiomorph.defaults.ignoreActiveValue = document.activeElement?.matches("input, textarea") ?? false;
});

// What somebody opened stays open, whatever is answered; what an answer opens, because something in it is wrong, opens.
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node, change) =>
  !(name === "open" && node.tagName === "DETAILS" && change === "remove");

// What is written makes every answer old that is still under way: none comes in over it.
document.addEventListener("input", (event) => {
  const preview = event.target.closest("form[data-sheet]")?.querySelector("[data-preview]");
  if (preview) htmx.trigger(preview, "htmx:abort");
});

// While a confirmation is under way no preview is asked for, and none that was asked for comes in.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.matches("[data-preview]") && elt.closest("form").getAttribute("aria-busy") === "true") event.preventDefault();
  if (!elt.matches("form[data-sheet]")) return;
  htmx.trigger(elt.querySelector("[data-preview]"), "htmx:abort");
  elt.setAttribute("aria-busy", "true");
});

// An answer that leads elsewhere leaves the sheet busy until it is gone.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  if (!elt.matches("form[data-sheet]") || xhr.getResponseHeader("HX-Redirect") !== null) return;
  elt.removeAttribute("aria-busy");
  const wrong = elt.querySelector("[aria-invalid]");
  if (wrong !== null) wrong.focus();
});

// Finding a plan by its name asks nobody: what does not match is out of sight.
document.addEventListener(
  "input",
  (event) => {
    if (!event.target.matches("[data-filter]")) return;
    event.stopPropagation();
    const words = event.target.value.trim().toLowerCase();
    for (const offer of event.target.parentElement.querySelectorAll("[data-filtered] > *")) {
      offer.hidden = !offer.textContent.toLowerCase().includes(words);
    }
  },
  true,
);
