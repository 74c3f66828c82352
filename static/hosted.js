/* The hosted page needs no script. With it: one send a click, and what static/watch.js found (docs/embed.md). */
(() => {
  "use strict";
  const form = document.querySelector("form.lf");
  if (!form) return;
  const button = form.querySelector(".lf-send");
  const label = button.textContent;
  const { _proof, _signals, _ticket } = form.elements;
  const watch = window.sarnakhWatch && sarnakhWatch(form, JSON.parse(_proof.dataset.challenge), `${form.action}/challenge`, form.contains(document.activeElement), () => [_ticket.value, ""]); // its id is in a cookie that no script reads
  let busy = false;

  function setBusy(now) {
    busy = now;
    button.setAttribute("aria-disabled", now);
    button.textContent = now ? button.dataset.sending : label;
  }

  function fill(proof) {
    _signals.value = JSON.stringify(watch ? watch.signals() : {});
    _proof.value = proof;
  }

  form.addEventListener("submit", (event) => {
    if (busy) return event.preventDefault();
    setBusy(true);
    setTimeout(() => setBusy(false), 15000); // the connection hangs: let them press again, the ticket makes it harmless
    const proof = watch ? watch.ready() : "";
    if (proof !== null) return fill(proof);
    event.preventDefault();
    watch.proof().then((found) => {
      fill(found);
      form.submit();
    });
  });
  addEventListener("pageshow", () => setBusy(false)); // the Back button shows the page as it was left
})();
