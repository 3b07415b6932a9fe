/* @ and a few letters in a comment: whom one may mean, chosen by arrows and Enter, or by a press. */
(() => {
  "use strict";
  let list = null, field = null, at = -1, asked = 0;
  const close = () => {
    if (list) list.remove();
    if (field) field.removeAttribute("aria-activedescendant");
    list = null; at = -1;
  };
  const choose = (handle) => {
    const start = field.value.slice(0, field.selectionStart).replace(/@[\w.\-]*$/u, "@" + handle + " ");
    field.value = start + field.value.slice(field.selectionStart);
    field.setSelectionRange(start.length, start.length);
    close(); field.focus();
  };
  const mark = (place) => {
    const options = [...list.children];
    at = (place + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    field.setAttribute("aria-activedescendant", options[at].id);
  };
  const show = (people) => {
    close();
    if (!people.length) return;
    list = document.createElement("ul");
    list.className = "en-mentions"; list.setAttribute("role", "listbox"); list.id = "mentions";
    list.setAttribute("aria-label", field.dataset.mentions);
    people.forEach((person, index) => {
      const option = document.createElement("li");
      option.id = "mention-" + index; option.setAttribute("role", "option");
      option.textContent = person.name + " ";
      const handle = document.createElement("span");
      handle.className = "en-3"; handle.textContent = "@" + person.handle;
      option.append(handle);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(person.handle); });
      list.append(option);
    });
    field.after(list);
    mark(0);
  };
  document.addEventListener("input", async (event) => {
    if (!event.target.matches("[data-mentions]")) return;
    field = event.target;
    const typed = /(?:^|[^\w@.])@([\w.\-]{1,40})$/u.exec(field.value.slice(0, field.selectionStart));
    if (!typed) { close(); return; }
    const turn = ++asked;
    const answer = await fetch(field.dataset.people + "?q=" + encodeURIComponent(typed[1]), { credentials: "same-origin" });
    if (!answer.ok || turn !== asked) return;
    show((await answer.json()).people);
  });
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== field) return;
    if (event.key === "ArrowDown") { event.preventDefault(); mark(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(at - 1); }
    else if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); list.children[at].dispatchEvent(new MouseEvent("mousedown")); }
    else if (event.key === "Escape") { event.stopPropagation(); close(); }
  }, true);
  document.addEventListener("focusout", (event) => { if (event.target === field) window.setTimeout(close, 150); });
})();
