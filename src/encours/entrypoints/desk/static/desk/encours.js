/* What pages do in the browser beyond htmx: theme, keyboard, go-to palette, charts from JSON, toasts, small form comforts.
   Everything works without it where a form or a link can; nothing here decides anything. */
(function () {
  "use strict";
  const root = document.documentElement;
  const one = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const isField = (element) => element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  /* ---------- theme: the person's choice comes from the server; without one, the system's is remembered in a cookie ---------- */
  const system = matchMedia("(prefers-color-scheme: dark)");
  function followSystem() {
    if (root.dataset.theme !== "auto") return;
    const wanted = system.matches ? "dark" : "light";
    document.cookie = "encours-theme=" + wanted + ";path=/;max-age=31536000;samesite=lax";
    if (root.dataset.bsTheme !== wanted) { root.dataset.bsTheme = wanted; redrawCharts(); }
  }
  system.addEventListener("change", followSystem);

  /* ---------- rows: j and k move, Enter opens ---------- */
  const rows = () => all("[data-row]").filter((row) => row.offsetParent !== null);
  const selectedRow = () => one("[data-row][aria-selected=true]");
  function select(row) {
    all("[data-row][aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    if (row.dataset.address) history.replaceState(null, "", row.dataset.address);
    const peek = row.dataset.peek;
    if (peek && one("#peek") && window.htmx) window.htmx.ajax("GET", peek, { target: "#peek", swap: "innerHTML" });
  }
  function move(step) {
    const list = rows();
    if (!list.length) return false;
    const at = list.indexOf(selectedRow());
    select(list[Math.min(list.length - 1, Math.max(0, at + step))]);
    return true;
  }
  function openSelected() {
    const row = selectedRow();
    const link = row && (one("a[data-open]", row) || one("a[href]", row));
    if (link) link.click();
    return Boolean(link);
  }

  /* ---------- keys: an element with data-key is pressed by that key; the selected row comes first, then panel, then page ---------- */
  function enter(opener) {
    const field = opener.matches("details.en-pop[open] > summary") && one("input:not([type=hidden]), select, textarea, .en-menu a, .en-menu button", opener.parentElement);
    if (field) field.focus();
  }
  function pressed(key) {
    const scopes = [selectedRow(), one("#peek"), document].filter(Boolean);
    for (const scope of scopes) {
      const target = one('[data-key="' + CSS.escape(key) + '"]', scope);
      if (target && !target.disabled) {
        if (isField(target)) { target.focus(); target.select && target.select(); } else { target.click(); if (target.type === "radio") target.focus(); enter(target); }
        return true;
      }
    }
    return false;
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (event.key === "Escape") {
      all("details.en-pop[open]").forEach((pop) => { if (pop.contains(document.activeElement)) one("summary", pop).focus(); pop.open = false; });
      if (document.activeElement && document.activeElement.matches(".en-hint, input[data-key='/']")) document.activeElement.blur();
    }
    const menu = (event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(".en-pop[open] .en-menu");
    if (menu) {
      const list = all("a, button", menu), at = list.indexOf(event.target);
      list[(at + (event.key === "ArrowDown" ? 1 : -1) + list.length) % list.length].focus();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]") || isField(event.target)) return;
    let done = false;
    if (event.key === "j") done = move(1);
    else if (event.key === "k") done = move(-1);
    else if (event.key === "Enter" && !event.target.closest("a, button, summary, input, label")) done = openSelected();
    else if (event.key === "?") done = showHelp();
    else if (event.key.length === 1) done = pressed(event.key);
    if (done) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    all("details.en-pop[open]").forEach((pop) => { if (!pop.contains(event.target)) pop.open = false; });
    // a link of the row itself opens beside the list where there is room, and as a page where there is none
    const link = event.target.closest("a[data-select]"), beside = one("#peek");
    if (link && beside && beside.offsetParent !== null && !event.ctrlKey && !event.metaKey && link.closest("[data-row][data-address]")) {
      event.preventDefault();
      select(link.closest("[data-row]"));
      return;
    }
    const row = event.target.closest("[data-row][data-peek]");
    if (row && !event.target.closest("a, button, input, label, summary")) select(row);
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => toast(copy.dataset.copied || copy.dataset.copy));
  });
  function showHelp() {
    const help = one("#help");
    if (help) help.showModal();
    return Boolean(help);
  }
  all("[data-help]").forEach((button) => button.addEventListener("click", showHelp));

  /* ---------- go anywhere: Ctrl-K ---------- */
  const palette = one("#palette");
  function openPalette() {
    if (!palette || palette.open) return;
    palette.showModal();
    const field = one("input", palette);
    field.value = "";
    field.focus();
    if (window.htmx) window.htmx.trigger(field, "search-now");
  }
  all("[data-palette]").forEach((opener) => opener.addEventListener("click", (event) => { event.preventDefault(); openPalette(); }));
  function markOption(options, index) {
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const field = one("input", palette);
    if (options[index]) { field.setAttribute("aria-activedescendant", options[index].id); options[index].scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  }
  if (palette) {
    palette.addEventListener("keydown", (event) => {
      const options = all("[role=option]", palette);
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown") { markOption(options, Math.min(options.length - 1, at + 1)); event.preventDefault(); }
      if (event.key === "ArrowUp") { markOption(options, Math.max(0, at - 1)); event.preventDefault(); }
      // a search field would take the first Escape to empty itself
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); palette.close(); }
      if (event.key === "Enter" && options.length) { event.preventDefault(); location.assign(options[Math.max(0, at)].dataset.href); }
    });
    palette.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.assign(option.dataset.href);
      else if (event.target === palette) palette.close();
    });
    document.addEventListener("htmx:afterSwap", (event) => { if (palette.contains(event.target)) markOption(all("[role=option]", palette), 0); });
  }

  /* ---------- toasts: shown by the server, or made here; Undo stays eight seconds ---------- */
  const TOAST_SECONDS = 8;
  function dismissLater(box) {
    let left = TOAST_SECONDS;
    const counter = one("[data-seconds]", box);
    let paused = false;
    ["mouseenter", "focusin"].forEach((name) => box.addEventListener(name, () => { paused = true; }));
    ["mouseleave", "focusout"].forEach((name) => box.addEventListener(name, () => { paused = false; }));
    const clock = setInterval(() => {
      if (paused || box.dataset.stay !== undefined) return;
      left -= 1;
      if (counter) counter.textContent = left;
      if (left <= 0 || !box.isConnected) { clearInterval(clock); box.remove(); }
    }, 1000);
  }
  function toast(text) {
    const host = one("#toasts");
    if (!host) return;
    const box = document.createElement("div");
    box.className = "en-toast";
    const label = document.createElement("span");
    label.textContent = text;
    box.append(label);
    host.append(box);
    dismissLater(box);
  }
  function wakeToasts(within) {
    all(".en-toast:not([data-awake])", within).forEach((box) => { box.dataset.awake = ""; dismissLater(box); });
  }
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-dismiss]");
    if (close) close.closest(".en-toast").remove();
  });
  document.addEventListener("toast", (event) => toast(event.detail.value || event.detail.text));
  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
  document.addEventListener("htmx:responseError", (event) => {
    const text = event.detail.xhr.getResponseHeader("X-Refusal");
    toast(text ? decodeURIComponent(text) : document.body.dataset.failed);
  });

  /* ---------- forms: filters apply as they change, "choose all" boxes, files dropped ---------- */
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.type !== "search") form.requestSubmit();
    const chooseAll = event.target.closest("[data-choose-all]");
    if (chooseAll) all("input[type=checkbox][data-choose]").forEach((box) => { box.checked = chooseAll.checked; });
    if (event.target.matches("[data-choose], [data-choose-all]")) {
      const count = all("input[data-choose]:checked").length;
      all("[data-chosen-count]").forEach((place) => { place.textContent = count; });
      all("[data-when-chosen]").forEach((place) => { place.hidden = count === 0; });
    }
    const followed = event.target.closest("select[data-follow]");
    if (followed && followed.value) location.assign(followed.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method === "get") all("input, select", event.target).forEach((field) => { if (!field.value) field.disabled = true; });
    const button = event.submitter;
    if (button && event.target.method === "post" && !event.target.hasAttribute("hx-post") && !button.formTarget) setTimeout(() => { button.setAttribute("aria-busy", "true"); }, 0);
  });
  all("[data-drop]").forEach((zone) => {
    const field = one("input[type=file]", zone);
    ["dragover", "dragenter"].forEach((name) => zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); }));
    ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => zone.classList.remove("over")));
    zone.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; field.dispatchEvent(new Event("change", { bubbles: true })); });
    field.addEventListener("change", () => { if (zone.hasAttribute("data-drop-submit") && field.files.length) zone.closest("form").requestSubmit(); });
  });

  /* ---------- what concerns one choice only is hidden under the others: data-when="field=value" ---------- */
  function showWhatConcerns(form) {
    all("[data-when]", form).forEach((box) => {
      const [name, value] = box.dataset.when.split("=");
      const field = form.elements[name];
      if (field) box.hidden = field.value !== value;
    });
  }
  all("form:has([data-when])").forEach((form) => { form.addEventListener("change", () => showWhatConcerns(form)); showWhatConcerns(form); });

  /* ---------- a form that shows its preview as one writes: presses the named button after a rest ---------- */
  all("form[data-live]").forEach((form) => {
    const button = one(form.dataset.live);
    if (!button) return;
    let waiting = 0;
    const later = (milliseconds) => { clearTimeout(waiting); waiting = setTimeout(() => form.requestSubmit(button), milliseconds); };
    form.addEventListener("input", () => later(600));
    later(0);
  });

  /* ---------- charts: drawn from the JSON inside their box; "@accent" becomes the colour of that token ---------- */
  const drawn = new Map();
  const english = root.lang.startsWith("en");
  const plain = new Intl.NumberFormat(english ? "en-GB" : "fr-FR", { maximumFractionDigits: 1 });
  const units = {
    k: (value) => english ? "€" + plain.format(value) + "k" : plain.format(value) + "\u00a0k€",
    d: (value) => plain.format(value) + (english ? "\u00a0d" : "\u00a0j"),
    p: (value) => plain.format(value) + (english ? "%" : "\u00a0%"),
    n: (value) => plain.format(value),
  };
  const token = (name) => getComputedStyle(root).getPropertyValue("--en-" + name).trim();
  const lettering = () => ({ color: token("text-2"), fontFamily: "Inter Variable, Inter, sans-serif", fontSize: 11 });
  function resolved(value) {
    if (typeof value === "string" && value[0] === "@") return token(value.slice(1));
    if (Array.isArray(value)) return value.map(resolved);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
    return value;
  }
  const looks = {
    strong: () => ({ showSymbol: false, lineStyle: { width: 2.5, color: token("accent") }, itemStyle: { color: token("accent") },
      areaStyle: { color: token("accent"), opacity: 0.07 }, endLabel: { color: token("accent"), fontWeight: 600 } }),
    faint: () => ({ showSymbol: false, lineStyle: { width: 1.5, type: "dashed", color: token("text-3") }, itemStyle: { color: token("text-3") },
      endLabel: { color: token("text-2") } }),
  };
  function axis(spec) {
    return { axisLine: { lineStyle: { color: token("line-2") } }, axisTick: { show: false }, splitLine: { lineStyle: { color: token("line") } },
      ...spec, axisLabel: { ...lettering(), hideOverlap: true, ...(spec.unit ? { formatter: units[spec.unit] } : {}), ...(spec.axisLabel || {}) } };
  }
  function option(box) {
    const spec = resolved(JSON.parse(one("script", box).textContent));
    const unit = units[spec.unit || "n"];
    (spec.series || []).forEach((series) => {
      if (series.look) Object.assign(series, looks[series.look]());
      if (series.endUnit) series.endLabel = { show: true, fontSize: 12, ...series.endLabel, formatter: (point) => units[series.endUnit](Array.isArray(point.value) ? point.value[1] : point.value) };
    });
    return { animation: false, textStyle: lettering(), aria: { enabled: true },
      tooltip: { trigger: "axis", confine: true, backgroundColor: token("surface"), borderColor: token("line-2"), textStyle: { color: token("text"), fontSize: 12 },
        valueFormatter: (value) => (value === null || value === undefined ? "—" : unit(value)) },
      ...spec, legend: spec.legend && { ...spec.legend, textStyle: lettering(), itemWidth: 10, itemHeight: 10, icon: "roundRect" },
      xAxis: axis(spec.xAxis), yAxis: axis(spec.yAxis) };
  }
  function drawCharts(within) {
    if (!window.echarts) return;
    all("[data-chart]", within).forEach((box) => {
      if (drawn.has(box)) return;
      const chart = window.echarts.init(box, null, { renderer: "svg" });
      chart.setOption(option(box));
      drawn.set(box, chart);
      chart.on("click", (point) => { const links = JSON.parse(one("script", box).textContent).links; const link = links && links[point.dataIndex]; if (link) location.assign(link); });
      new ResizeObserver(() => chart.resize()).observe(box);
    });
  }
  function redrawCharts() {
    drawn.forEach((chart, box) => chart.setOption(option(box), true));
  }

  /* ---------- what is current is in sight: in the rail, and in tabs that run off a narrow screen ---------- */
  all(".en-side [aria-current], .en-subtabs [aria-current], .en-seg [aria-current], .en-inboxtabs [aria-current]").forEach((current) => {
    const box = current.closest(".en-side, .en-subtabs, .en-seg, .en-inboxtabs");
    const inner = current.getBoundingClientRect(), outer = box.getBoundingClientRect();
    if (inner.right > outer.right || inner.left < outer.left) box.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    if (inner.bottom > outer.bottom - 72) box.scrollTop += inner.bottom - outer.bottom + 72;  // above the rail's foot
  });

  /* ---------- what htmx brought in is woken as the page was ---------- */
  document.addEventListener("htmx:load", (event) => { drawCharts(event.target); wakeToasts(event.target); });
  followSystem();
  drawCharts(document);
  wakeToasts(document);
  const waiting = one("[data-autofocus]");
  // on a phone the keyboard would cover what is to be read first
  if (waiting && (waiting.dataset.autofocus !== "wide" || matchMedia("(min-width: 761px)").matches)) waiting.focus();
})();
