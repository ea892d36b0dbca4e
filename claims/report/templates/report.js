"use strict";
(() => {
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const choices = ["paper", "section", "profile"].map((name) => document.getElementById(name));
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const sorted = document.getElementById("sorted");
  const boxes = ["verdict", "basis"].map((name) => [name, [...form.querySelectorAll(`input[name="${name}"]`)]]);
  const buttons = [...form.querySelectorAll("[data-sort]")];
  const verdicts = boxes[0][1].map((box) => box.value);
  let order = "paper", applied = "paper", anchor = "";
  // Of the trials behind a claim: in its table a row is a recipe, and the last column has a number for each seed.
  function addresses(element) {
    const found = [];
    for (const link of element.querySelectorAll('td > a[href^="#trials-"]')) {
      const row = link.closest("tr");
      const [seeds, values] = [row.closest("table").tHead.rows[0], row].map(({ cells }) => cells[2].textContent.split(", "));
      seeds.forEach((seed, place) => { if (values[place] !== "–") found.push(`${link.hash.slice(8)}-${seed}`); });
    }
    return found.join(" ");
  }
  // A claim's section stands in its id, and the report's own profile goes without saying.
  function isOf({ element, id }, name, value) {
    const [paper, section] = id.split("/");
    return value === { paper, section: `${paper}/${section}`, profile: element.dataset.profile ?? form.dataset.profile }[name];
  }
  const claims = [...document.querySelectorAll("details.row")].map((element, place) => ({
    element,
    place,
    id: element.querySelector("article").id,
    words: `${element.textContent} ${addresses(element)}`.toLowerCase(),
    home: element.parentElement,
    next: element.nextElementSibling,
    seeds: parseInt(element.querySelector("summary > .seeds")?.textContent, 10) || 0,
    p: element.dataset.p ? Number(element.dataset.p) : 2,
  }));
  const orders = {
    paper: () => 0,
    verdict: (a, b) => verdicts.indexOf(a.element.dataset.verdict) - verdicts.indexOf(b.element.dataset.verdict),
    claim: (a, b) => a.id.localeCompare(b.id),
    seeds: (a, b) => b.seeds - a.seeds,
    sureness: (a, b) => a.p - b.p,
  };

  // In another order than the paper's the rows stand in one list, without sections.
  function sort() {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.sort === order));
    if (order === applied) return;
    applied = order;
    sorted.hidden = order === "paper";
    if (order !== "paper") {
      sorted.append(...[...claims].sort((a, b) => orders[order](a, b) || a.place - b.place).map(({ element }) => element));
    } else {
      for (const { element, home, next } of [...claims].reverse()) home.insertBefore(element, next);
    }
  }

  function apply() {
    const checked = boxes.map(([name, of]) => [name, new Set(of.filter((box) => box.checked).map((box) => box.value))]);
    const sought = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filtered = sought.length > 0 || choices.some(({ value }) => value) || boxes.some(([, of]) => of.some((box) => !box.checked));
    let count = 0;
    for (const claim of claims) {
      const { element, words } = claim;
      const fits = checked.every(([name, values]) => values.has(element.dataset[name])) && choices.every(({ id, value }) => !value || isOf(claim, id, value));
      element.hidden = !(fits && sought.every((word) => words.includes(word)));
      count += !element.hidden;
    }
    sort();
    for (const group of document.querySelectorAll(".unrun")) {
      const hits = group.querySelector(".row:not([hidden])") !== null;
      group.hidden = !hits;
      if (filtered && hits) group.open = true;
    }
    for (const part of document.querySelectorAll(".paper-section")) {
      part.hidden = filtered || order !== "paper" ? !part.querySelector(".row:not([hidden])") : false;
    }
    nothing.hidden = count > 0 || claims.length === 0;
    shown.textContent = `${count} of ${claims.length} claims shown`;
  }

  // The address keeps what is chosen, after the claim that is open: #paper/section/claim?q=words&verdict=reproduced
  function remember() {
    const state = new URLSearchParams();
    if (text.value) state.set("q", text.value);
    for (const { id, value } of choices) if (value) state.set(id, value);
    for (const [name, of] of boxes) {
      const on = of.filter((box) => box.checked);
      if (on.length < of.length) state.set(name, on.map((box) => box.value).join(","));
    }
    if (order !== "paper") state.set("sort", order);
    const query = state.toString();
    history.replaceState(null, "", anchor || query ? `#${anchor}${query ? `?${query}` : ""}` : location.pathname + location.search);
  }

  function recall(query) {
    const state = new URLSearchParams(query);
    text.value = state.get("q") ?? "";
    for (const choice of choices) choice.value = state.get(choice.id) ?? "";
    for (const [name, of] of boxes) {
      const on = state.get(name)?.split(",");
      for (const box of of) box.checked = !on || on.includes(box.value);
    }
    order = state.get("sort") in orders ? state.get("sort") : "paper";
    apply();
  }

  // A link arrives whatever hides its target: filters are cleared, and what is folded is opened.
  function arrive() {
    const [place, query] = decodeURI(location.hash.slice(1)).split("?", 2);
    if (query !== undefined) recall(query);
    anchor = decodeURIComponent(place);
    const target = document.getElementById(anchor);
    if (!target) return;
    if (target.closest("[hidden]")) {
      reset();
    }
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
    }
    (target.classList.contains("claim") ? target.parentElement : target).scrollIntoView();
  }

  function reset() {
    form.reset();
    order = "paper";
    apply();
  }

  // Without scripts a link hands out the compressed file; here it is unpacked, so that one click gives a CSV.
  async function unpack(event) {
    const link = event.currentTarget;
    event.preventDefault();
    const packed = Uint8Array.from(atob(link.href.slice(link.href.indexOf(",") + 1)), (byte) => byte.charCodeAt(0));
    const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).blob();
    const csv = document.createElement("a");
    csv.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    csv.download = link.download.replace(/\.gz$/, "");
    csv.click();
    setTimeout(() => URL.revokeObjectURL(csv.href), 60000);
  }

  if ("DecompressionStream" in window) {
    for (const link of document.querySelectorAll('a[download$=".csv.gz"]')) link.addEventListener("click", unpack);
  }
  form.hidden = false;
  document.getElementById("more").open = innerWidth > 700;
  const clear = () => document.documentElement.style.setProperty("scroll-padding-top", `${form.offsetHeight + 8}px`);
  new ResizeObserver(clear).observe(form); // what is scrolled to must not lie below the filters
  clear();
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { order = "paper"; apply(); remember(); })); // the form is reset after the event
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of buttons) button.addEventListener("click", () => { order = button.dataset.sort; apply(); remember(); });
  for (const { element, id } of claims) {
    element.addEventListener("toggle", () => {
      if (element.open) anchor = id;
      else if (anchor === id) anchor = "";
      else return;
      remember();
    });
  }
  window.addEventListener("hashchange", arrive);
  apply();
  arrive();
})();
