// The page works without this file: it spares a click when invoices are ticked, and copies what is to be typed.
"use strict";
document.documentElement.classList.add("pt-js");

document.addEventListener("change", async (event) => {
  const form = event.target.closest("[data-choose]");
  if (!form) return;
  const query = new URLSearchParams(new FormData(form));
  query.set("chosen", "1");
  const address = `${form.action.split("?")[0]}?${query}`;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["pay", "bar"]) {
    const here = document.getElementById(part), there = page.getElementById(part);
    if (here && there) here.replaceWith(there);
  }
  event.target.closest("li")?.classList.toggle("on", event.target.checked);
  history.replaceState(null, "", address);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.querySelector(".ti").className = "ti ti-check";
});
