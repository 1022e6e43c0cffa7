// What HTML cannot do by itself: shortcuts, dialogs, copying. Every page works without it for reading.
"use strict";

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
    const form = event.target.closest("form");
    if (form !== null) {
      event.preventDefault();
      const confirming = form.querySelector("[data-confirm]");
      if (confirming === null) form.requestSubmit();
      else confirming.click();
    }
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || event.repeat || typing(event.target)) return;
  // While a dialog is open the page below it answers to no key: what is half written stays.
  const place = document.querySelector("dialog[open]") ?? document;
  const wanted = place.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (wanted !== null) {
    event.preventDefault();
    if (wanted.matches("input")) wanted.focus();
    else wanted.click();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-of]");
  if (button === null) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyOf).textContent;
  navigator.clipboard.writeText(text).then(() => {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1200);
  });
});

// A choice that means "show this" needs no button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
});

// What is empty does not belong into an address that people share.
document.addEventListener("htmx:configRequest", (event) => {
  for (const [name, value] of [...event.detail.formData.entries()]) {
    if (value === "") event.detail.formData.delete(name);
  }
});

// A menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that htmx brought opens over the page.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "dialog") return;
  const dialog = event.detail.target;
  if (dialog.open && dialog.contains(document.activeElement)) return;
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[aria-invalid], [autofocus]") ?? dialog).focus();
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  const dialog = event.target.closest("dialog");
  if (dialog !== null && (close !== null || event.target === dialog)) {
    event.preventDefault();
    dialog.close();
  }
});

// A refused form is shown again with what is wrong, so its page is wanted though its status says no.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.xhr.status < 500) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// A request that nobody answered is told where it was made: in its form, else at the top of the page.
const unanswered = (event) => {
  const asked = event.detail.requestConfig.elt;
  const form = asked.closest("form");
  const place = form?.querySelector("[data-notices]") ?? form ?? document.getElementById("main");
  const said = document.createElement("p");
  said.className = "notice";
  said.setAttribute("role", "alert");
  said.dataset.unanswered = "";
  said.textContent = `The server did not answer${form === null ? "" : ". Nothing that you wrote is lost"}: try again in a moment.`;
  place.querySelector("[data-unanswered]")?.remove();
  place.prepend(said);
};
document.addEventListener("htmx:sendError", unanswered);
document.addEventListener("htmx:responseError", unanswered);
document.addEventListener("htmx:beforeRequest", () => {
  for (const said of document.querySelectorAll("[data-unanswered]")) said.remove();
});

// A form that changes something is sent once, however often somebody clicks; a page that comes back may send it again.
const AGAIN_MS = 10_000;
const sent = new WeakSet();
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent.add(form);
    setTimeout(() => sent.delete(form), AGAIN_MS);
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => sent.delete(event.detail.elt));
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) sent.delete(form);
});

// A form that came back after a session was over stands at its own address again.
const back = document.querySelector("[data-address]");
if (back !== null) history.replaceState(null, "", back.dataset.address);
