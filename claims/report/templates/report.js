"use strict";
(() => {
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const choices = ["paper", "section", "profile"].map((name) => document.getElementById(name));
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const boxes = [...form.querySelectorAll('input[name="verdict"]')];
  const claims = [...document.querySelectorAll("article.claim")].map((element) => ({ element, words: element.textContent.toLowerCase() }));

  function apply() {
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const sought = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { element, words } of claims) {
      const fits = verdicts.has(element.dataset.verdict) && choices.every(({ id, value }) => !value || value === element.dataset[id]);
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

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply)); // the form is reset after the event
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", arrive);
  apply();
  arrive();
})();
