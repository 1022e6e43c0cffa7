// Cmd or Ctrl with K finds from any page: what is typed is looked for, arrows choose, Enter goes there.
"use strict";

(() => {
  let going = false; // Enter was pressed before the answer to what is written was there
  const field = () => document.querySelector("#dialog[open] [data-finding] input");
  const options = () => [...document.querySelectorAll("#dialog [data-finding] [role=option]")];
  const chosen = () => options().find((each) => each.ariaSelected === "true");
  const answered = () => document.getElementById("find-found").dataset.asked === field().value.trim();

  const choose = (wanted) => {
    for (const each of options()) each.ariaSelected = String(each === wanted);
    if (wanted === undefined) field().removeAttribute("aria-activedescendant");
    else field().setAttribute("aria-activedescendant", wanted.id);
    wanted?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (!(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      const finder = document.querySelector("[data-finder]");
      if (finder === null) return;
      event.preventDefault();
      // What is half written in another sheet stays.
      if (!event.repeat && document.querySelector("dialog[open]") === null) finder.click();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
    const all = options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && all.length > 0) {
      event.preventDefault();
      choose(all.at((all.indexOf(chosen()) + step) % all.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (answered()) (chosen() ?? options()[0])?.click(); // what was found may be there and not yet chosen
      else going = true;
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target === field()) going = false;
  });

  // The first one found is chosen, until somebody chooses another.
  document.addEventListener("htmx:afterSettle", () => {
    if (field() === null) return;
    if (chosen() === undefined) choose(options()[0]);
    if (!going || !answered()) return;
    going = false;
    chosen()?.click();
  });
})();
