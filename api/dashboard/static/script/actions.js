// A menu of actions: its key opens it, then a letter chooses, or arrows and Enter do.
"use strict";

(() => {
  const links = (menu) => [...menu.querySelectorAll("a")];

  // Whoever opens it goes on in it.
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches("details[data-actions][open]")) links(event.target)[0].focus();
    },
    true,
  );

  document.addEventListener(
    "keydown",
    (event) => {
      const menu = document.querySelector("details[data-actions][open]");
      if (menu === null || event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const all = links(menu);
      const at = all.indexOf(document.activeElement);
      const step = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
      const letter = all.find((each) => each.dataset.then === event.key.toLowerCase());
      if (step === undefined && letter === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (step === undefined) letter.click();
      else all.at(step % all.length).focus();
    },
    true,
  );

  // What was chosen opens over the page; once it is closed, the focus is where the menu was.
  document.addEventListener("click", (event) => {
    const menu = event.target.closest("details[data-actions] a")?.closest("details");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
