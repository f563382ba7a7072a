(() => {
  "use strict";
  const FACETS = ["state", "severity", "category", "platform", "owner", "repository", "file", "rule"];
  const EXPAND_AT_PRINT = 500;
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const list = $("list"), search = $("search"), sort = $("sort"), count = $("count"), chips = $("chips");
  const expand = $("expand"), empty = $("empty"), share = $("share");

  // What is searched and filtered is read from the page once; from then on nothing but `hidden` changes.
  const items = Array.from(list.children, (node, order) => {
    const values = {};
    for (const facet of FACETS) values[facet] = node.dataset[facet];
    const details = node.firstElementChild;
    const summary = details.firstElementChild;
    const text = (summary.textContent + " " + node.dataset.search).toLowerCase();
    return { node, order, details, summary, values, text, line: Number(node.dataset.line), shown: true };
  });
  const total = items.length;
  const defaults = () => new Set(list.dataset.states.split(" "));
  const chosen = Object.fromEntries(FACETS.map((facet) => [facet, new Set()]));
  chosen.state = defaults();
  let terms = [];

  const buttons = new Map();
  for (const button of document.querySelectorAll("button[data-facet]")) {
    const key = button.dataset.facet + "\n" + button.dataset.value;
    const entry = { button, number: button.querySelector(".n"), bar: button.querySelector("rect") };
    if (buttons.has(key)) buttons.get(key).push(entry);
    else buttons.set(key, [entry]);
    button.addEventListener("click", () => toggle(button.dataset.facet, button.dataset.value));
  }

  function toggle(facet, value) {
    const set = chosen[facet];
    if (!set.delete(value)) set.add(value);
    apply();
  }

  function clear() {
    for (const facet of FACETS) chosen[facet].clear();
    chosen.state = defaults();
    search.value = "";
    terms = [];
    apply();
  }

  // Browsers take time that grows with the square of the list where many of its items come and go one by one.
  // So the list leaves the layout (a style update, no more), is changed, and comes back as a whole.
  function takeOut() {
    list.hidden = true;
    getComputedStyle(list).display;
  }

  function apply() {
    const counts = Object.fromEntries(FACETS.map((facet) => [facet, new Map()]));
    const add = (facet, item) => {
      const value = item.values[facet];
      counts[facet].set(value, (counts[facet].get(value) || 0) + 1);
    };
    let shown = 0;
    takeOut();
    for (const item of items) {
      let failed = null;
      let failures = 0;
      if (terms.every((term) => item.text.includes(term))) {
        for (const facet of FACETS) {
          if (chosen[facet].size && !chosen[facet].has(item.values[facet])) {
            failed = facet;
            failures += 1;
          }
        }
        // A facet's own counts say what choosing another of its values would bring.
        if (failures === 0) for (const facet of FACETS) add(facet, item);
        else if (failures === 1) add(failed, item);
      } else failures = 1;
      const fits = failures === 0;
      if (fits) shown += 1;
      if (fits !== item.shown) {
        item.shown = fits;
        item.node.hidden = !fits;
      }
    }
    showCounts(counts);
    showChips();
    const filtered = chips.childElementCount > 0;
    count.textContent = `Showing ${shown.toLocaleString("en")} of ${total.toLocaleString("en")} findings`;
    empty.hidden = shown > 0;
    list.hidden = shown === 0;
    if (total) {
      empty.textContent = filtered || shown ? "No finding matches these filters." : "No failures.";
    }
    expand.setAttribute("aria-pressed", "false");
    expand.textContent = "Expand all";
  }

  function showCounts(counts) {
    for (const facet of FACETS) {
      let most = 0;
      for (const number of counts[facet].values()) most = Math.max(most, number);
      for (const [key, entries] of buttons) {
        if (!key.startsWith(facet + "\n")) continue;
        const value = key.slice(facet.length + 1);
        const number = counts[facet].get(value) || 0;
        for (const { button, number: node, bar } of entries) {
          const said = number.toLocaleString("en");
          if (node.textContent !== said) node.textContent = said;
          if (bar) bar.setAttribute("width", most ? `${(100 * number) / most}%` : "0%");
          button.classList.toggle("none", number === 0);
          button.setAttribute("aria-pressed", String(chosen[facet].has(value)));
        }
      }
    }
    const severities = counts.severity;
    let sum = 0;
    for (const [value, number] of severities) if (!chosen.severity.size || chosen.severity.has(value)) sum += number;
    let start = 0;
    for (const bar of share.children) {
      const value = bar.dataset.value;
      const kept = !chosen.severity.size || chosen.severity.has(value);
      const width = sum && kept ? (100 * (severities.get(value) || 0)) / sum : 0;
      bar.setAttribute("x", `${start}%`);
      bar.setAttribute("width", `${width}%`);
      start += width;
    }
  }

  function labelOf(facet, value) {
    const entries = buttons.get(facet + "\n" + value);
    return entries ? entries[entries.length - 1].button.querySelector(".label").textContent : value;
  }

  function showChips() {
    const made = [];
    const chip = (label, remove) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chip";
      button.textContent = label;
      button.setAttribute("aria-label", `Remove filter ${label}`);
      button.addEventListener("click", () => {
        remove();
        apply();
        (chips.querySelector("button") || search).focus();
      });
      made.push(button);
    };
    if (terms.length) {
      chip(`“${search.value.trim()}”`, () => {
        search.value = "";
        terms = [];
      });
    }
    const usual = defaults();
    const sameState = usual.size === chosen.state.size && [...usual].every((value) => chosen.state.has(value));
    for (const facet of FACETS) {
      if (facet === "state" && sameState) continue;
      for (const value of chosen[facet]) chip(labelOf(facet, value), () => chosen[facet].delete(value));
    }
    // With no verdict chosen all are shown, which is a filter taken away rather than one set.
    if (made.length || !sameState) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = "Reset filters";
      button.addEventListener("click", () => {
        clear();
        search.focus();
      });
      made.push(button);
    }
    chips.replaceChildren(...made);
  }

  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const orders = {
    severity: (one, other) => one.order - other.order,
    file: (one, other) =>
      compare(one.values.file, other.values.file) || one.line - other.line || one.order - other.order,
    rule: (one, other) => compare(one.values.rule, other.values.rule) || one.order - other.order,
  };
  sort.addEventListener("change", () => {
    takeOut();
    const sorted = document.createDocumentFragment();
    sorted.append(...[...items].sort(orders[sort.value]).map((item) => item.node));
    list.replaceChildren(sorted);
    list.hidden = !items.some((item) => item.shown);
  });

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      apply();
    }, 90);
  });

  expand.addEventListener("click", () => {
    const open = expand.getAttribute("aria-pressed") !== "true";
    for (const item of items) if (item.shown) item.details.open = open;
    expand.setAttribute("aria-pressed", String(open));
    expand.textContent = open ? "Collapse all" : "Expand all";
  });

  // Arrow keys go from finding to finding, while one of them has the focus.
  list.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "SUMMARY" || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const edge = { Home: "firstElementChild", End: "lastElementChild" }[event.key];
    if (!step && !edge) return;
    let node = edge ? list[edge] : event.target.closest("li")[step];
    const onward = step || (event.key === "Home" ? "nextElementSibling" : "previousElementSibling");
    while (node && node.hidden) node = node[onward];
    if (!node) return;
    event.preventDefault();
    node.querySelector("summary").focus();
  });

  // A link to a finding shows it, whatever the filters say.
  function follow() {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const item = id && items.find((one) => one.node.id === id);
    if (!item) return;
    if (!item.shown) {
      clear();
      if (!item.shown) {
        chosen.state.add(item.values.state);
        apply();
      }
    }
    item.details.open = true;
    item.node.scrollIntoView({ block: "start" });
    item.summary.focus({ preventScroll: true });
  }
  addEventListener("hashchange", follow);

  const themes = ["auto", "light", "dark"];
  const theme = $("theme");
  function paint(name) {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    $("theme-name").textContent = name;
  }
  let current = "auto";
  try {
    current = localStorage.getItem("guardrail-theme") || "auto";
  } catch {
    // A page opened from a disk may have no storage; the choice then lasts as long as the page.
  }
  if (!themes.includes(current)) current = "auto";
  paint(current);
  theme.addEventListener("click", () => {
    current = themes[(themes.indexOf(current) + 1) % themes.length];
    paint(current);
    try {
      localStorage.setItem("guardrail-theme", current);
    } catch {
      // as above
    }
  });

  let opened = [];
  addEventListener("beforeprint", () => {
    const closed = items.filter((item) => item.shown && !item.details.open);
    if (closed.length > EXPAND_AT_PRINT) return;
    opened = closed;
    for (const item of opened) item.details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const item of opened) item.details.open = false;
    opened = [];
  });

  if ($("facets") && matchMedia("(max-width: 900px)").matches) $("facets").open = false;
  theme.hidden = false;
  $("toolbar").hidden = total === 0;
  apply();
  follow();
})();
