"use strict";
(() => {
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const choices = ["paper", "section", "profile"].map((name) => document.getElementById(name));
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const boxes = ["verdict", "basis"].map((name) => [name, [...form.querySelectorAll(`input[name="${name}"]`)]]);
  // Of the trials behind a claim: in its table a row is a recipe and a column a seed.
  function addresses(element) {
    const found = [];
    for (const link of element.querySelectorAll('td > a[href^="#trials-"]')) {
      const row = link.closest("tr");
      const seeds = row.closest("table").tHead.rows[0].cells;
      for (const cell of row.cells) {
        if (cell.cellIndex > 1 && cell.textContent) found.push(`${link.hash.slice(8)}-${seeds[cell.cellIndex].textContent}`);
      }
    }
    return found.join(" ");
  }
  // A card has what sets it apart: its paper begins its section's name, and the report's own profile goes without saying.
  function isOf(element, name, value) {
    const { section, profile = form.dataset.profile } = element.dataset;
    return value === { section, profile, paper: section.split("/")[0] }[name];
  }
  const claims = [...document.querySelectorAll("article.claim")].map((element) => ({ element, words: `${element.textContent} ${addresses(element)}`.toLowerCase() }));

  function apply() {
    const checked = boxes.map(([name, of]) => [name, new Set(of.filter((box) => box.checked).map((box) => box.value))]);
    const sought = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { element, words } of claims) {
      const fits = checked.every(([name, values]) => values.has(element.dataset[name])) && choices.every(({ id, value }) => !value || isOf(element, id, value));
      element.hidden = !(fits && sought.every((word) => words.includes(word)));
      count += !element.hidden;
    }
    for (const part of document.querySelectorAll(".paper-section")) {
      part.hidden = !part.querySelector("article.claim:not([hidden])");
    }
    nothing.hidden = count > 0 || claims.length === 0;
    shown.textContent = `${count} of ${claims.length} claims shown`;
  }

  // A link arrives whatever hides its target: filters are cleared, and what is folded is opened.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
    }
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    target.scrollIntoView();
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
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply)); // the form is reset after the event
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", arrive);
  apply();
  arrive();
})();
