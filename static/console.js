// The console's own script: light or dark as the system is, forms that send on change, copy buttons. All of the
// console works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  paint();
  dark.addEventListener("change", paint);
  root.classList.add("has-script");

  // Empty filters stay out of the address.
  const sendChanged = (form) => {
    if (form.method === "get") for (const one of form.elements) if (one.name && !one.value) one.disabled = true;
    form.submit();
  };
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-submit-on-change") && event.target.type !== "search") sendChanged(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-submit-on-change") || form.method !== "get") return;
    event.preventDefault();
    sendChanged(form);
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      await copy(document.querySelector(button.dataset.copy));
      const word = button.querySelector("span");
      const before = word.textContent;
      word.textContent = button.dataset.copied;
      setTimeout(() => { word.textContent = before; }, 2000);
    }
    const menu = document.querySelector(".menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  // navigator.clipboard is missing on plain http; selecting works everywhere.
  const copy = async (node) => {
    getSelection().selectAllChildren(node);
    if (navigator.clipboard) await navigator.clipboard.writeText(node.textContent);
    else document.execCommand("copy");
  };

  // A form that comes back from the server was made of what it held when it was asked for: what was typed meanwhile
  // stays. Where a line was moved or taken away, names stand for other lines than before, and what came back counts.
  const before = new WeakMap();
  const since = new WeakMap();
  const ticks = (field) => field.type === "checkbox" || field.type === "radio";
  const fields = (form) => [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type));
  const named = (field) => ticks(field) ? `${field.name}=${field.value}` : field.name;
  const held = (form) => new Map(fields(form).map((field) => [named(field), ticks(field) ? field.checked : field.value]));
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target.matches("form")) before.set(detail.xhr, held(detail.target));
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const then = before.get(detail.xhr);
    if (!then || /^(drop|up|down) /.test(detail.requestConfig.formData.get("then"))) return;
    since.set(detail.xhr, [...held(detail.target)].filter(([name, value]) => then.get(name) !== value));
  });
  document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
    const typed = new Map(since.get(detail.xhr) || []);
    if (!typed.size || !target.matches("form")) return;
    for (const field of fields(target)) {
      const value = typed.get(named(field));
      if (value !== undefined) field[ticks(field) ? "checked" : "value"] = value;
    }
  });

  // The preview frame is as tall as what it shows.
  const fit = (frame) => {
    const inner = frame.contentDocument && frame.contentDocument.documentElement;
    if (inner) frame.style.blockSize = `${Math.max(320, inner.scrollHeight + 2)}px`;
  };
  document.addEventListener("load", (event) => {
    if (event.target.classList && event.target.classList.contains("preview-frame")) fit(event.target);
  }, true);
})();
