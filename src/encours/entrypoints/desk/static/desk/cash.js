/* The workbench by keyboard: ticks fill amounts, arrows walk the items, Enter applies and goes to the next line.
   Row figures are sums of whole minor units; what is booked is decided, and shown below, by the server alone. */
(function () {
  "use strict";
  const one = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const english = document.documentElement.lang.startsWith("en");
  const form = () => one("form#match");
  const isTyping = (element) => element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

  /* ---------- amounts: text as people write it, to and from whole minor units ---------- */
  function places(currency) { return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits; }
  function minor(text, currency) {
    const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace("\u2212", "-");
    const found = (english ? plain.replace(/,(?=\d{3})/g, "") : plain).replace(",", ".").match(/^-?(\d+)(?:\.(\d+))?$/);
    if (!found) return null;
    const digits = places(currency), part = (found[2] || "").padEnd(digits, "0");
    if (part.length > digits) return null;
    return Number(found[1] + part);
  }
  function money(amount, currency) {
    const digits = places(currency), whole = Math.abs(amount);
    const text = new Intl.NumberFormat(english ? "en-GB" : "fr-FR", { style: "currency", currency, currencyDisplay: "narrowSymbol" })
      .format(whole / 10 ** digits);
    return (amount < 0 ? "\u2212" : "") + text;
  }

  /* ---------- one item: its tick, its amount, what is left ---------- */
  function applied(row, currency) {
    if (!one("input[type=checkbox]", row).checked) return 0;
    const open = Number(row.dataset.openMinor), text = one(".en-cell", row).value.trim();
    const amount = text ? minor(text, currency) : Math.abs(open);
    return amount === null ? null : amount * Math.sign(open);
  }
  function redraw() {
    const match = form();
    if (!match || !match.dataset.amount) return;
    const currency = match.dataset.currency;
    let sum = 0, left = 0;
    all("tr[data-item]", match).forEach((row) => {
      const amount = applied(row, currency), rest = Number(row.dataset.openMinor) - (amount || 0);
      row.setAttribute("aria-selected", String(one("input[type=checkbox]", row).checked));
      const place = one("[data-left]", row);
      if (place) place.textContent = amount === null ? "?" : money(rest, currency);
      sum += amount || 0;
      if (!row.closest("#found")) left += rest;
    });
    const sumPlace = one("[data-applied-sum]", match), leftPlace = one("[data-left-sum]", match);
    if (sumPlace) sumPlace.textContent = money(sum, currency);
    if (leftPlace) leftPlace.textContent = money(left, currency);
  }
  function tick(row, isOn, text) {
    const box = one("input[type=checkbox]", row), cell = one(".en-cell", row);
    box.checked = isOn;
    cell.value = isOn ? (text === undefined ? row.dataset.openText : text) : "";
  }
  document.addEventListener("change", (event) => {
    const row = event.target.closest("tr[data-item]");
    if (!row) return;
    if (event.target.type === "checkbox") tick(row, event.target.checked);
    else if (event.target.matches(".en-cell")) one("input[type=checkbox]", row).checked = event.target.value.trim() !== "";
    redraw();
  }, true);
  document.addEventListener("input", (event) => {
    if (!event.target.matches(".en-cell")) return;
    one("input[type=checkbox]", event.target.closest("tr")).checked = event.target.value.trim() !== "";
    redraw();
  }, true);

  /* ---------- the oldest first, until the money is used ---------- */
  function oldestFirst() {
    const match = form(), currency = match.dataset.currency;
    let money_left = Math.abs(Number(match.dataset.amount));
    const sign = Math.sign(Number(match.dataset.amount)) || 1;
    const rows = all("#items tr[data-item]", match);
    rows.forEach((row) => tick(row, false));
    rows.filter((row) => Number(row.dataset.openMinor) * sign > 0).forEach((row) => {
      const open = Math.abs(Number(row.dataset.openMinor)), take = Math.min(open, money_left);
      if (take <= 0) return;
      const digits = places(currency), whole = Math.floor(take / 10 ** digits), part = String(take % 10 ** digits).padStart(digits, "0");
      tick(row, true, take === open ? undefined : digits ? whole + (english ? "." : ",") + part : String(whole));
      money_left -= take;
    });
    match.dispatchEvent(new Event("change", { bubbles: true }));
    redraw();
  }

  /* ---------- keys ---------- */
  function rowOf(element) { return element && element.closest ? element.closest("tr[data-item]") : null; }
  function walk(step) {
    const boxes = all("tr[data-item] input[type=checkbox]", form() || document);
    if (!boxes.length) return false;
    const row = rowOf(document.activeElement), at = row ? boxes.indexOf(one("input[type=checkbox]", row)) : -1;
    const next = boxes[Math.min(boxes.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  function apply() {
    const button = one("#peek [data-apply]");
    if (!button || button.disabled) return false;
    button.form.requestSubmit(button);
    return true;
  }
  function partOf() {
    const row = rowOf(document.activeElement) || one("#peek tr[data-item][aria-selected=true]") || one("#peek tr[data-item]");
    const cell = row && one(".en-cell", row);
    if (cell) { cell.focus(); cell.select(); }
    return Boolean(cell);
  }
  function difference() {
    const radios = all("#settle input[type=radio]");
    if (!radios.length) return false;
    const at = radios.findIndex((radio) => radio.checked), focused = document.activeElement;
    const next = radios.includes(focused) ? radios[(at + 1) % radios.length] : radios[Math.max(0, at)];
    next.focus();
    if (!next.checked) { next.checked = true; next.dispatchEvent(new Event("change", { bubbles: true })); }
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    const target = event.target, typing = isTyping(target);
    let done = false;
    if (event.key === "Enter" && (target === document.body || target.closest("tr[data-item], #settle")) && !target.matches("button, a, summary")) done = apply() || target.matches("input");
    else if (event.key === "Escape" && typing && target.closest("#match")) { target.blur(); done = true; }
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (rowOf(target) || target.matches(".en-searchitems input"))) done = walk(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Tab" && !event.shiftKey && (target === document.body || target.closest(".en-queuebox"))) done = walk(0);
    else if (!typing && event.key === "=") done = partOf();
    else if (!typing && event.key === "r") done = difference();
    else if (event.key === "=" && rowOf(target)) done = partOf();
    if (done) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  /* ---------- a note, a colleague, an account: opened by its key, it is typed in at once ---------- */
  document.addEventListener("toggle", (event) => {
    const pop = event.target;
    if (!pop.matches("#peek details.en-pop") || !pop.open) return;
    const field = one("textarea, select, input:not([type=hidden])", pop);
    if (field) field.focus();
  }, true);

  /* ---------- the next line: skipped to, or gone to once this one is applied ---------- */
  const lines = () => all("tr[data-row][data-line]");
  function nextLine() {
    const list = lines(), at = list.findIndex((row) => row.getAttribute("aria-selected") === "true");
    return list[at + 1] || list[at - 1] || null;
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-oldest]")) oldestFirst();
    if (event.target.closest("[data-skip]")) document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  });
  document.addEventListener("submit", (event) => {
    const then = event.target.elements.then, next = nextLine();
    if (then && !then.value && next) then.value = next.dataset.line;
  }, true);

  /* ---------- what was found and ticked stays when something else is searched ---------- */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "found") return;
    const items = one("#items");
    all("tr[data-item]", event.target).filter((row) => one("input[type=checkbox]", row).checked).forEach((row) => items.prepend(row));
  });
  document.addEventListener("htmx:afterSettle", redraw);
  redraw();
})();
