// What somebody had written into a form over the page when it was closed stands there again when it is opened again on
// the same page, and is gone with the page. What a form carries unseen is made anew, and a password is written anew.
"use strict";

(() => {
  const kept = new Map(); // by where the form is sent
  const chosen = (each) => each.matches("[type=checkbox], [type=radio]");
  const fields = (form) =>
    [...form.elements].filter((each) => each.name && each.matches(":not([type=hidden], [type=password], button)"));
  const forms = (dialog) => dialog.querySelectorAll("form[method=post]");

  const same = (was) => (each) => each.name === was.name && (!chosen(each) || each.value === was.value);

  const writeAgain = (form) => {
    for (const was of kept.get(form.getAttribute("action")) ?? []) {
      const field = fields(form).find(same(was));
      if (field === undefined) continue;
      if (chosen(field)) field.checked = was.checked;
      else field.value = was.value;
    }
  };

  const dialog = document.getElementById("dialog");
  if (dialog === null) return;
  dialog.addEventListener("input", (event) => {
    const form = event.target.form ?? null;
    if (form === null || form.method !== "post") return;
    const found = fields(form).map(({ name, value, checked }) => ({ name, value, checked }));
    kept.set(form.getAttribute("action"), found);
  });

  // Whoever cancels wants it gone; Escape, or a click beside the form, may be a slip.
  dialog.addEventListener("click", (event) => {
    const form = event.target.closest(".actions [data-close]")?.closest("form");
    if (form) kept.delete(form.getAttribute("action"));
  });

  // Only where it opens: what comes in while it is open follows what is written anyway. A preview brings fields that
  // depend on others, and these are written once they are there.
  let opening = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === dialog) opening = !dialog.open;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!opening || !dialog.contains(event.detail.target)) return;
    opening = false;
    for (const form of forms(dialog)) {
      const action = form.getAttribute("action");
      if (!kept.has(action)) continue;
      const before = kept.get(action);
      writeAgain(form);
      const missing = before.some((was) => fields(form).find(same(was)) === undefined);
      form.dispatchEvent(new Event("input", { bubbles: true })); // a preview follows what stands there now
      if (missing) kept.set(action, before);
      opening ||= missing && event.detail.target === dialog;
    }
  });
})();
