// Suggestions below the search field, as a combobox with a list (WAI-ARIA Authoring Practices,
// "Editable Combobox With List Autocomplete"). Without it the form is sent as it is.
"use strict";

(() => {
  const WAIT_MS = 150;
  const field = document.querySelector("input[data-suggest]");
  if (!field) return;
  const box = field.parentElement;
  const list = document.createElement("ul");
  const said = document.createElement("p");
  let options = [];
  let chosen = -1;
  let typed = "";
  let timer = 0;
  let asking = new AbortController();

  list.id = "suggestions";
  list.className = "completion";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.heading);
  said.className = "unseen";
  said.setAttribute("role", "status");
  box.append(list, said);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const close = () => {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    options = [];
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (place) => {
    chosen = place;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    if (place < 0) {
      field.value = typed;
      field.removeAttribute("aria-activedescendant");
      return;
    }
    field.value = options[place].textContent;
    field.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView({ block: "nearest" });
  };

  const send = (text) => {
    field.value = text;
    close();
    field.form.requestSubmit();
  };

  const show = (words) => {
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    options = words.map((text, place) => {
      const option = document.createElement("li");
      option.id = `suggestion-${place}`;
      option.dir = "auto";
      option.textContent = text;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.addEventListener("mousedown", (event) => event.preventDefault()); // The field keeps the focus.
      option.addEventListener("click", () => send(text));
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    said.textContent = options.length
      ? field.dataset.count.replace("{number}", String(options.length))
      : field.dataset.none;
  };

  const ask = async () => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const address = `${field.dataset.suggest}?q=${encodeURIComponent(typed.trim())}`;
      const answer = await fetch(address, { signal, headers: { Accept: "application/json" }, credentials: "omit" });
      const words = answer.ok ? (await answer.json()).suggestions : null;
      if (signal.aborted) return;
      if (words) show(words); else close();
    } catch {
      // Asked anew meanwhile, or offline: a search needs no suggestion.
      if (!signal.aborted) close();
    }
  };

  field.addEventListener("input", () => {
    typed = field.value;
    clearTimeout(timer);
    if (typed.trim().length < 2) { close(); return; }
    timer = setTimeout(ask, WAIT_MS);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      choose(-1);
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      event.preventDefault();
      const places = options.length + 1; // One of them is what was typed.
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter") {
      close();
    }
  });

  field.addEventListener("blur", close);
})();
