/* The hosted page needs no script. With it: one send a click, and what hands did in the form (docs/embed.md). */
(() => {
  "use strict";
  const form = document.querySelector("form.lf");
  if (!form) return;
  const button = form.querySelector(".lf-send");
  const label = button.textContent;
  const seen = { keys: 0, moves: 0, touches: 0, pastes: 0, focuses: 0, mouse: matchMedia("(any-pointer: fine)").matches, webdriver: !!navigator.webdriver };
  const names = { keydown: "keys", pointermove: "moves", touchstart: "touches", paste: "pastes", focusin: "focuses" };
  let busy = false;
  for (const type in names) form.addEventListener(type, (event) => event.pointerType === "touch" || seen[names[type]]++, { passive: true });

  function setBusy(now) {
    busy = now;
    button.setAttribute("aria-disabled", now);
    button.textContent = now ? button.dataset.sending : label;
  }

  form.addEventListener("submit", (event) => {
    if (busy) return event.preventDefault();
    form.elements._signals.value = JSON.stringify(seen);
    setBusy(true);
    setTimeout(() => setBusy(false), 15000); // the connection hangs: let them press again, the ticket makes it harmless
  });
  addEventListener("pageshow", () => setBusy(false)); // the Back button shows the page as it was left
})();
