// The review queue by keyboard, and its selection. Everything works without it; it presses the page's own buttons.
(() => {
  "use strict";
  const KEPT = "sarnakh-review"; // where the reader stood, over the page's reload
  const cards = [...document.querySelectorAll("[data-card]")];
  const bulk = document.getElementById("bulk");
  const keys = document.getElementById("keys");
  const picks = [...document.querySelectorAll(".pick")];
  const chosen = document.querySelector(".chosen");
  const all = document.querySelector("[data-select-all]");
  let at = -1;

  // --- where we stand ---
  const stand = (place) => {
    if (!cards.length) return;
    at = Math.max(0, Math.min(place, cards.length - 1));
    cards[at].focus({ preventScroll: true });
    cards[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest("[data-card]");
    if (card) at = cards.indexOf(card);
  });

  // --- what is chosen ---
  // A group's box holds its members' ids; each submission counts once.
  const ids = () => new Set(picks.filter((one) => one.checked).flatMap((one) => one.value.split(" ")));
  const tell = () => {
    if (!chosen) return;
    const count = ids().size;
    const number = new Intl.NumberFormat(chosen.dataset.lang === "fa" ? "fa-IR" : "en").format(count);
    const words = chosen.dataset[count === 0 ? "none" : count === 1 ? "one" : "many"];
    chosen.textContent = words.replace("{shown}", number);
    for (const button of bulk.querySelectorAll("[data-bulk]")) button.disabled = count === 0;
    bulk.classList.toggle("some", count > 0);
    for (const card of cards) card.classList.toggle("picked", Boolean(card.querySelector(".pick:checked")));
    if (all) all.textContent = picks.length && picks.every((one) => one.checked) ? all.dataset.none : all.dataset.all;
  };
  const selectAll = () => {
    const on = !picks.every((one) => one.checked);
    for (const one of picks) one.checked = on;
    tell();
  };
  const toggle = (card) => {
    const box = card && card.querySelector(".pick");
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("change", (event) => {
    if (!event.target.classList.contains("pick")) return;
    // A group's own box stands for its members'.
    const card = event.target.closest("[data-card]");
    const first = card.querySelector(".pick");
    const members = [...card.querySelectorAll(".alike-list .pick")];
    if (event.target === first) for (const one of members) one.checked = first.checked;
    else if (!event.target.checked) first.checked = false;
    tell();
  });
  if (all) {
    all.dataset.all = all.dataset.all || all.textContent;
    all.setAttribute("role", "button");
    all.addEventListener("click", (event) => {
      event.preventDefault();
      selectAll();
    });
  }

  // --- what keys do ---
  const press = (selector, inside) => {
    const button = (inside || document).querySelector(selector);
    if (!button || button.disabled) return;
    sessionStorage.setItem(KEPT, String(at));
    button.click();
  };
  // Which buttons have a key they say themselves; with a selection only those that decide all of it.
  const decide = (key) => {
    const button = `[aria-keyshortcuts="${key}"]`;
    if (!cards.some((card) => card.querySelector(button))) return undefined;
    return () => (ids().size ? press(button, bulk) : at >= 0 && press(button, cards[at]));
  };
  const open = () => {
    const details = at >= 0 && (cards[at].querySelector(".alike") || cards[at].querySelector(".else"));
    if (details) details.open = !details.open;
  };
  // At the top of the page: shown from wherever the reader stands, and back again.
  const help = (open) => {
    keys.open = open;
    if (open || at < 0) window.scrollTo({ top: 0, behavior: "instant" });
    else cards[at].scrollIntoView({ block: "nearest" });
  };
  // By the key's place, so that a Persian layout works as well.
  const DOES = {
    KeyJ: () => stand(at + 1), ArrowDown: () => stand(at + 1), KeyK: () => stand(at - 1), ArrowUp: () => stand(at - 1),
    Space: () => toggle(cards[at]),
    KeyA: selectAll, KeyO: open, KeyU: () => press('[data-do="undo"]'), Slash: () => help(!keys.open),
  };
  const FIELDS = "select, textarea, [contenteditable], input:not([type=checkbox])";
  document.addEventListener("keydown", (event) => {
    if (!keys || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !/Key[JK]|Arrow/.test(event.code)) return;
    if (event.code === "Escape" && keys.open) { help(false); return; }
    if (event.target.closest(FIELDS)) return;
    if (event.shiftKey !== (event.code === "Slash")) return;
    // Space does what the focused control does.
    if (event.code === "Space" && (at < 0 || event.target.closest("button, a, summary, input"))) return;
    const does = DOES[event.code] || /^Key[A-Z]$/.test(event.code) && decide(event.code.slice(3));
    if (!does) return;
    event.preventDefault();
    does();
  });

  // --- the time to undo runs out ---
  const offer = document.querySelector("[data-until-gone]");
  if (offer) {
    setTimeout(() => {
      offer.textContent = offer.dataset.gone;
      const form = offer.closest(".undo-offer").querySelector("form");
      if (form) form.remove();
    }, Number(offer.dataset.untilGone) * 1000);
  }

  // Chrome keeps ticks over a reload, so what is said follows what is ticked.
  tell();
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept !== null) stand(Number(kept));
})();
