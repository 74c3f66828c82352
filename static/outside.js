/* Only for a form that names a captcha (docs/embed.md): the vendor's script and its widget, above the button. */
(() => {
  "use strict";
  if (window.sarnakhOutside) return;
  const mine = document.currentScript;
  const nonce = mine ? mine.nonce : ""; // of a page whose policy asks for one
  const loaded = {};

  function load(src) {
    return (loaded[src] ||= new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src, async: true, nonce, onload: done, onerror: failed });
      document.head.append(script);
    }));
  }

  /* Vendors make their object some time after their script has run. */
  function object(name, tries = 100) {
    const found = window[name];
    if (found && found.render) return Promise.resolve(found);
    return tries ? new Promise((done) => setTimeout(done, 50)).then(() => object(name, tries - 1)) : Promise.reject(new Error(`${name} did not start`));
  }

  /* Without it the form is sent all the same; the answer is then unknown. */
  window.sarnakhOutside = (form, { outside, lang }) => {
    for (const { name, sitekey, script } of outside) {
      const place = document.createElement("div");
      place.className = "lf-outside";
      form.querySelector(".lf-send").before(place);
      const src = name === "hcaptcha" ? `${script}&hl=${lang}` : script;
      load(src)
        .then(() => object(name))
        .then((vendor) => vendor.render(place, { sitekey, language: lang, appearance: "interaction-only", "error-callback": () => true }))
        .catch((error) => {
          place.remove();
          console.error(`Sarnakh: ${name} is not shown (${error.message || "its script did not load"})`);
        });
    }
  };

  const form = mine && mine.dataset.widgets && document.querySelector("form.lf");
  if (form) window.sarnakhOutside(form, { outside: JSON.parse(mine.dataset.widgets), lang: document.documentElement.lang });
})();
