// What others change appears without a reload. The page is told that something changed and asks for itself again; what
// is new is put in without touching what somebody is doing: focus, open details, half-filled forms, dialogs.
"use strict";

(() => {
  const SLOWLY = 20_000; // where the server has no place for one more stream
  const TOGETHER = 250; // changes that come together are shown together
  const MOST = 2_000; // entries that a list grows to at its top; it begins anew then
  let stream = null;
  let timer = null; // until the next look
  let slow = null; // until the next look where there is no stream
  let refused = false; // whether there was no place for one
  let over = false; // whether the session is
  let after = null;
  let busy = false;
  let again = false;
  let whole = false;

  const root = () => document.querySelector("[data-live]");

  const touched = (form) =>
    [...form.elements].some((each) => {
      if (each.type === "checkbox" || each.type === "radio") return each.checked !== each.defaultChecked;
      if (each.tagName === "SELECT") {
        const shown = [...each.options].filter((option) => option.defaultSelected);
        return each.value !== (shown.at(-1) ?? each.options[0])?.value;
      }
      return "defaultValue" in each && each.type !== "hidden" && each.value !== each.defaultValue;
    });

  const callbacks = {
    beforeNodeMorphed(old) {
      if (!(old instanceof Element)) return true;
      // What loads itself, and what somebody is filling in, is theirs.
      return !(old.matches("[data-own]") || (old.tagName === "FORM" && touched(old)));
    },
    beforeAttributeUpdated(name, node) {
      return !(name === "open" && node.tagName === "DETAILS");
    },
  };

  const put = (text, from) => {
    const here = root();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const there = fresh.querySelector("[data-live]");
    if (here === null || there === null) return;
    if (from !== undefined) {
      prepend(here.querySelector("[data-newer]"), fresh.querySelector("[data-newer]"));
      return;
    }
    Idiomorph.morph(here, there, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks });
    htmx.process(root());
    for (const own of document.querySelectorAll("[data-own]")) htmx.trigger(own, "live");
    document.dispatchEvent(new CustomEvent("live:shown"));
  };

  // A list that one reads down grows at its top: what was loaded below stays where it is.
  const prepend = (list, fresh) => {
    const found = [...fresh.querySelectorAll(":scope > li")].filter((each) => document.getElementById(each.id) === null);
    // After a long sleep more came than one reads through: the page is shown anew, from its top.
    if (fresh.dataset.more !== undefined || list.children.length + found.length > MOST) {
      whole = true;
      again = true;
      return;
    }
    list.dataset.newer = fresh.dataset.newer;
    if (found.length === 0) return;
    list.prepend(...found);
    for (const each of found) {
      each.classList.add("arrived");
      htmx.process(each);
    }
    const said = document.getElementById("arrived");
    if (said !== null) said.textContent = `${found.length} new`;
    for (const empty of document.querySelectorAll("[data-until-first]")) empty.remove();
  };

  const show = async () => {
    const here = root();
    if (here === null || document.hidden) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const newer = whole ? undefined : here.querySelector("[data-newer]")?.dataset.newer;
      const asked = location.href;
      whole = false;
      const answer = await fetch(newer ?? asked, { headers: { Accept: "text/html" } });
      const text = await answer.text();
      // Whoever went on meanwhile looks at something else: what was asked for is not theirs any more.
      if (location.href !== asked) again = true;
      else if (answer.redirected && new URL(answer.url).pathname === "/sign-in") end();
      else if (answer.status === 404) location.reload();
      else if (answer.ok) put(text, newer);
    } catch {
      // The server is away: the stream, or the next slow look, finds it again.
    } finally {
      busy = false;
      if (again) {
        again = false;
        soon();
      }
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(show, TOGETHER);
  };

  const close = () => {
    stream?.close();
    stream = null;
  };

  const stop = () => {
    close();
    clearTimeout(timer);
    clearTimeout(slow);
  };

  // What is on the page stays to be read, and what is half written to be finished; that it stands still is said.
  const end = () => {
    if (over) return;
    stop();
    over = true;
    const said = document.createElement("p");
    const link = document.createElement("a");
    said.className = "notice";
    said.setAttribute("role", "alert");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "Sign in again";
    said.append("You are signed out, and this page does not change any more. ", link);
    root().prepend(said);
  };

  const slowly = () => {
    refused = true;
    clearTimeout(slow);
    slow = setTimeout(() => show().finally(start), SLOWLY);
  };

  const start = () => {
    const here = root();
    if (here === null || document.hidden || stream !== null || over) return;
    if (typeof EventSource === "undefined") {
      slowly();
      return;
    }
    const where = new URL(here.dataset.live, location.href);
    if (after !== null) where.searchParams.set("after", after);
    stream = new EventSource(where);
    stream.addEventListener("open", () => (refused = false));
    stream.addEventListener("message", (event) => {
      after = event.lastEventId;
      soon();
    });
    stream.addEventListener("error", () => {
      if (stream?.readyState !== EventSource.CLOSED) return; // it comes back by itself
      close();
      slowly();
    });
  };

  // A part of the page that loads itself finds the session over too, and leads nobody away from what they look at.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr } = event.detail;
    const leads = xhr.getResponseHeader("HX-Redirect") ?? "";
    if (elt.closest("[data-own]") === null || !leads.startsWith("/sign-in") || root() === null) return;
    event.preventDefault();
    end();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    if (refused) soon();
    start();
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", start);
  document.addEventListener("DOMContentLoaded", start);
})();
