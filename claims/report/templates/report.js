"use strict";
(() => {
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const section = document.getElementById("section");
  const profile = document.getElementById("profile");
  const shown = document.getElementById("shown");
  const boxes = [...form.querySelectorAll('input[name="verdict"]')];
  const claims = [...document.querySelectorAll("article.claim")].map((element) => ({ element, words: element.textContent.toLowerCase() }));

  function apply() {
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const sought = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { element, words } of claims) {
      const { verdict, section: of, profile: under } = element.dataset;
      const fits = verdicts.has(verdict) && (!section.value || section.value === of) && (!profile || !profile.value || profile.value === under);
      element.hidden = !(fits && sought.every((word) => words.includes(word)));
      count += !element.hidden;
    }
    for (const part of document.querySelectorAll(".paper-section")) {
      part.hidden = !part.querySelector("article.claim:not([hidden])");
    }
    shown.textContent = `${count} of ${claims.length} claims shown`;
  }

  // A link to a claim that the filters hide clears them, so that every link arrives.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || (!target.hidden && !target.closest("[hidden]"))) return;
    form.reset();
    apply();
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", arrive);
  apply();
})();
