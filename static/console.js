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

  // The preview frame is as tall as what it shows.
  const fit = (frame) => {
    const inner = frame.contentDocument && frame.contentDocument.documentElement;
    if (inner) frame.style.blockSize = `${Math.max(320, inner.scrollHeight + 2)}px`;
  };
  document.addEventListener("load", (event) => {
    if (event.target.classList && event.target.classList.contains("preview-frame")) fit(event.target);
  }, true);
})();
