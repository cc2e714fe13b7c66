// Single keys for people who decide all day. Every element with data-key="x" is pressed (buttons,
// links, summaries) or focused (fields) by its key, while no field is being typed in. They can be
// turned off (WCAG 2.2, 2.1.4), which this browser remembers.
"use strict";

(() => {
  const SETTING = "evenhand-keys";
  const TYPED_IN = "input:not([type=radio]):not([type=checkbox]), textarea, select";
  const PRESSED = "button, a, summary, input[type=radio], input[type=checkbox]";
  const ROWS = "[data-rows] a";
  const toggle = document.querySelector("[data-keys-toggle]");

  const on = () => {
    try {
      return window.localStorage.getItem(SETTING) !== "off";
    } catch {
      return true;
    }
  };

  const remember = (wanted) => {
    try {
      window.localStorage.setItem(SETTING, wanted ? "on" : "off");
    } catch {
      // A browser that keeps nothing starts with the keys on.
    }
  };

  if (toggle) {
    toggle.checked = on();
    toggle.closest("[hidden]")?.removeAttribute("hidden");
    toggle.addEventListener("change", () => remember(toggle.checked));
  }

  const move = (step) => {
    const rows = [...document.querySelectorAll(ROWS)];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    rows[Math.min(Math.max(next, 0), rows.length - 1)].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && event.target.form) {
      const form = event.target.form;
      form.requestSubmit(form.querySelector("button:is([type=submit], :not([type]))"));
      return;
    }
    if (event.key === "Escape" && event.target.matches?.(TYPED_IN)) {
      event.target.blur();
      return;
    }
    if (!on() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches?.(TYPED_IN)) return;
    if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
      event.preventDefault();
      return;
    }
    const wanted = [...document.querySelectorAll("[data-key]")].find(
      (element) => element.dataset.key === event.key && !element.disabled,
    );
    if (!wanted) return;
    event.preventDefault();
    wanted.scrollIntoView({ block: "nearest" });
    wanted.focus();
    if (wanted.matches(PRESSED)) wanted.click();
  });
})();
