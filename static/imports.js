// A file that is too large for the page is told before it is sent: the server would only refuse it afterwards.
(() => {
  "use strict";
  const form = document.querySelector("[data-largest]");
  const larger = document.getElementById("larger");
  const tooLarge = () => {
    const file = form.elements.file.files[0];
    return Boolean(file) && file.size > Number(form.dataset.largest);
  };
  const tell = () => {
    const name = form.elements.file.files[0].name;
    const command = document.getElementById("command");
    if (/^[\w.-]+$/.test(name)) command.textContent = command.textContent.replace(/import \S+/, () => `import ${name}`);
    larger.hidden = false;
  };
  form.addEventListener("change", () => {
    larger.hidden = true;
    if (tooLarge()) tell();
  });
  form.addEventListener("submit", (event) => {
    if (tooLarge()) event.preventDefault();
  });
})();
