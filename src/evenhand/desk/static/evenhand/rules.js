// The editor of rules: completes the names of signals from the page's own table, asks the desk what
// a text is while it is written, and goes to a place in it. Without it, the button "Check" says all.
"use strict";

(() => {
  const WAIT_MS = 700;
  const SHOWN_MAX = 8;
  const NAME_MAX = 128;  // Characters looked at before the place of writing: no signal's name has more.
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  const source = form.querySelector("[data-source]");
  const list = document.getElementById("completion");
  const said = form.querySelector("[data-said]");
  const result = document.querySelector("[data-examined]");
  const unheard = document.querySelector("[data-unheard]");
  const signals = [...document.querySelectorAll("[data-signals] tbody tr")].map((row) => ({
    name: row.cells[0].textContent.trim(),
    meaning: row.cells[2].textContent.trim(),
  }));

  // Going to a line and column that the desk named.
  const go = (line, column) => {
    const lines = source.value.split("\n");
    const place = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    source.focus();
    source.setSelectionRange(place, place);
    source.scrollTop = Math.max(0, (source.scrollHeight / lines.length) * (line - 4));
  };
  const wire = () => {
    result.querySelectorAll("[data-line]").forEach((button) => {
      button.hidden = false;
      const plain = button.parentElement.querySelector("[data-plain]");
      if (plain) plain.hidden = true;
      button.addEventListener("click", () => go(Number(button.dataset.line), Number(button.dataset.column)));
    });
  };

  // What the text is, said while it is written: the latest question alone counts.
  let asked = 0;
  let timer = 0;
  const check = async () => {
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form), redirect: "error" });
      if (number !== asked) return;
      unheard.hidden = answer.ok;
      result.hidden = !answer.ok;
      if (!answer.ok) return;
      result.innerHTML = await answer.text();
      wire();
    } catch {
      unheard.hidden = false; // Offline, or signed out.
      result.hidden = true;
    }
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(check, WAIT_MS);
  };

  // Names of signals, offered below the text.
  let chosen = -1;
  const written = () => {
    const place = source.selectionStart;
    const before = source.value.slice(Math.max(0, place - NAME_MAX), place);
    return (/[a-z][a-z0-9_]*$/.exec(before) || [""])[0];
  };
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    source.removeAttribute("aria-activedescendant");
  };
  const point = (to) => {
    const options = [...list.children];
    chosen = (to + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    source.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  };
  const take = (name) => {
    const end = source.selectionStart;
    source.setRangeText(name, end - written().length, end, "end");
    close();
    source.focus();
    soon();
  };
  const offer = () => {
    const begun = written();
    const fitting = begun.length < 2 ? [] : signals.filter((one) => one.name !== begun && one.name.includes(begun))
      .sort((one, other) => Number(other.name.startsWith(begun)) - Number(one.name.startsWith(begun)));
    close();
    if (!fitting.length) { said.textContent = ""; return; }
    list.append(...fitting.slice(0, SHOWN_MAX).map((one, at) => {
      const option = document.createElement("li");
      option.id = `completion-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const name = document.createElement("code");
      name.textContent = one.name;
      const meaning = document.createElement("span");
      meaning.lang = "en";
      meaning.textContent = one.meaning;
      option.append(name, meaning);
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(one.name); });
      return option;
    }));
    list.hidden = false;
    said.textContent = fitting.length === 1 ? said.dataset.one : `${said.dataset.many} ${fitting.length}`;
  };

  source.setAttribute("aria-autocomplete", "list");
  source.setAttribute("aria-controls", list.id);
  form.querySelector("[data-keys]").hidden = false;
  source.addEventListener("input", () => { offer(); soon(); });
  source.addEventListener("blur", close);
  source.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      point(chosen < 0 && event.key === "ArrowUp" ? -1 : chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && chosen >= 0) {
      take(list.children[chosen].querySelector("code").textContent);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
  wire();
})();
