// The customer list by keyboard, and its filters: menus stay open while what they filter changes behind them.
"use strict";

// What comes anew is put in without closing menus, moving the focus or undoing what is being typed.
Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");

// What is typed is looked for while it is typed: to leave the field asks nothing anew, and is no step to go back to.
document.addEventListener("change", (event) => event.target.matches("#search") && event.stopPropagation(), true);

const customers = () => [...document.querySelectorAll("[data-rows] tbody a[href^='/customers/']")];
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const busy = event.target.closest("input, textarea, select, [contenteditable], details, dialog[open]") !== null;
  const inRow = event.target.closest("[data-rows] tbody") !== null;
  // Arrows scroll the page until somebody has begun to walk through the rows.
  if (step === undefined || busy || event.metaKey || event.ctrlKey || event.altKey) return;
  if (!inRow && event.key.startsWith("Arrow")) return;
  const rows = customers();
  if (rows.length === 0) return;
  const at = rows.findIndex((each) => each.closest("tr").contains(document.activeElement));
  event.preventDefault();
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-link]");
  if (button !== null) {
    navigator.clipboard.writeText(new URL(button.dataset.link, location.href).href).then(() => {
      const said = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = said), 1200);
    });
    return;
  }
  // A whole row is a way to its customer, but not where something is selected or is a link of its own.
  const row = event.target.closest("[data-rows] tbody tr");
  if (row === null || event.target.closest("a, button, summary") !== null || String(getSelection()) !== "") return;
  row.querySelector("a").click();
});
