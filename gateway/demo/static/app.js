/* What any single-page app does: views come and go, the address changes, the page stays. */
const outlet = document.getElementById("outlet");

function show(form) {
  outlet.replaceChildren();
  if (form) {
    const view = document.createElement("lead-form");
    view.setAttribute("form", form);
    outlet.append(view);
  }
}

for (const button of document.querySelectorAll("[data-form]")) {
  button.addEventListener("click", () => {
    history.pushState({ form: button.dataset.form }, "", `?view=${button.dataset.form}`);
    show(button.dataset.form);
  });
}
addEventListener("popstate", (event) => show(event.state ? event.state.form : "guide"));
show(new URLSearchParams(location.search).get("view") ?? "guide");
