/* Only on the confirmation page that the browser opens which sent the form: it answers by itself, once it is seen.
   A page that is rendered ahead is not seen yet. Without this script the button is there. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-auto]");
  if (!form) return;
  function answer() {
    if (document.visibilityState !== "visible") return document.addEventListener("visibilitychange", answer, { once: true });
    form.requestSubmit(form.querySelector('[value="yes"]'));
  }
  if (document.prerendering) document.addEventListener("prerenderingchange", answer, { once: true });
  else answer();
})();
