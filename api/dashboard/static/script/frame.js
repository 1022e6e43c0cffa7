// Shortcuts of every page: G and a letter goes to a page, ? lists what the page at hand answers to.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");
  let going = false;

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const key = event.key.toLowerCase();
      const link = going ? document.querySelector(`[data-go="${CSS.escape(key)}"]`) : null;
      going = key === "g" && !going;
      if (link === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      link.click();
    },
    true,
  );

  const words = (element) => {
    const said = element.dataset.does ?? element.getAttribute("aria-label") ?? element.placeholder;
    if (said) return said;
    const copy = element.cloneNode(true);
    for (const key of copy.querySelectorAll("kbd, svg")) key.remove();
    return copy.textContent.trim();
  };

  const row = (element) => {
    const line = document.createElement("div");
    const key = document.createElement("dt");
    const does = document.createElement("dd");
    // What a menu holds has the key of the menu before its own.
    const menu = element.dataset.then && element.closest("details").querySelector("[data-key]").dataset.key;
    for (const each of menu ? [menu, element.dataset.then] : [element.dataset.key]) {
      key.append(...(key.hasChildNodes() ? [" then "] : []));
      key.append(Object.assign(document.createElement("kbd"), { textContent: each.toUpperCase() }));
    }
    does.textContent = words(element);
    line.append(key, does);
    return line;
  };

  // A long form that comes back with something wrong begins there.
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelector("#editor [aria-invalid]")?.focus();
  });

  document.getElementById("keys")?.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    const found = [...document.querySelectorAll("[data-key]:not([data-key='?']), [data-then]")];
    document.getElementById("keys-here").replaceChildren(...found.map(row));
  });
})();
