// Checks a receipt in the reader's own browser, from the public files of the log alone: that what
// it says leads to its entry, the entry to the signed root, that the log's key signed it, and that
// the log of now still has it. The page's own words are not used for any of this.
"use strict";

(() => {
  const WIDTH = 256;
  const HASH = 32;
  const FORMAT = "evenhand-receipt-1";
  const RECEIPT_BYTES_MAX = 100000;
  const FILE_BYTES_MAX = 100000;
  const REPORT_BYTES_MAX = 4000000;
  const ANSWER_MS_MAX = 15000;
  const utf8 = new TextEncoder();

  const sha256 = async (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let place = 0;
    for (const part of parts) { whole.set(part, place); place += part.length; }
    return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  };
  const leafHash = (entry) => sha256(new Uint8Array([0]), entry);
  const nodeHash = (left, right) => sha256(new Uint8Array([1]), left, right);
  const equal = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);

  const fromHex = (text) => {
    if (typeof text !== "string" || !/^[0-9a-f]{64}$/.test(text)) throw new Error("no hash");
    return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
  };
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

  // RFC 8785: names sorted by UTF-16, no blanks; JSON.stringify writes values as it asks.
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value !== null && typeof value === "object") {
      const members = Object.keys(value).sort();
      return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
    }
    return JSON.stringify(value);
  };

  const readReceipt = (text) => {
    if (text.length > RECEIPT_BYTES_MAX) throw new Error("too long");
    const found = JSON.parse(text);
    if (found.format !== FORMAT) throw new Error("no receipt");
    const whole = (number) => Number.isSafeInteger(number) && number >= 0;
    if (!whole(found.index) || !whole(found.size) || found.path.length > 64) throw new Error("no place");
    return {
      ...found,
      salt: fromHex(found.salt),
      other: fromHex(found.other),
      leaf: fromHex(found.leaf),
      path: found.path.map(fromHex),
      head: readNote(found.checkpoint),
    };
  };

  // C2SP signed-note and tlog-checkpoint.
  const readSigned = (note) => {
    const end = note.lastIndexOf("\n\n");
    if (end < 0) throw new Error("no note");
    const signatures = note.slice(end + 2).split("\n").filter(Boolean).map((line) => {
      const [, name, encoded] = line.split(" ");
      const bytes = fromBase64(encoded);
      return { name, id: toHex(bytes.slice(0, 4)), signature: bytes.slice(4) };
    });
    return { text: note.slice(0, end + 1), signatures };
  };
  const readNote = (note) => {
    const { text, signatures } = readSigned(note);
    const [origin, size, root] = text.split("\n");
    if (!/^(0|[1-9][0-9]{0,14})$/.test(size)) throw new Error("no size");
    return { text, origin, size: Number(size), root: fromBase64(root), signatures };
  };

  const readKey = async (text) => {
    const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim());
    const bytes = fromBase64(encoded);
    const named = await sha256(utf8.encode(`${name}\n`), bytes);
    if (bytes[0] !== 1 || toHex(named.slice(0, 4)) !== id) throw new Error("no key");
    return { text: text.trim(), name, id, bytes: bytes.slice(1) };
  };

  // True, false, or null where this browser has no Ed25519.
  const signedBy = async (head, keys) => {
    const known = head.signatures.flatMap((one) => keys
      .filter((key) => key.name === one.name && key.id === one.id)
      .map((key) => ({ ...one, key })));
    if (known.length === 0) return false;
    try {
      for (const one of known) {
        const key = await crypto.subtle.importKey("raw", one.key.bytes, { name: "Ed25519" }, false, ["verify"]);
        const text = utf8.encode(head.text);
        if (!await crypto.subtle.verify({ name: "Ed25519" }, key, one.signature, text)) return false;
      }
    } catch (error) {
      if (error.name === "NotSupportedError") return null;
      throw error;
    }
    return true;
  };

  // The first key and each that the one before it signed; `until` is the size of the log up to
  // which a key signed that was withdrawn since.
  const readKeys = async (text) => {
    const list = JSON.parse(text);
    const keys = [await readKey(list.first)];
    for (const note of list.successions) {
      const { text: said, signatures } = readSigned(note);
      const lines = said.split("\n");
      const old = keys[keys.length - 1];
      if (lines[0] !== "evenhand-key-succession-1" || old.text !== lines[1]) continue;
      if (await signedBy({ text: said, signatures }, [old]) === true) keys.push(await readKey(lines[2]));
    }
    for (const note of list.withdrawals || []) {
      const { text: said, signatures } = readSigned(note);
      const lines = said.split("\n");
      const place = keys.findIndex((key) => key.text === lines[1]);
      if (lines[0] !== "evenhand-key-withdrawal-1" || place < 0) continue;
      if (await signedBy({ text: said, signatures }, keys.slice(place)) !== false) {
        keys[place].until = Math.min(Number(lines[2]), keys[place].until ?? Infinity);
      }
    }
    return keys;
  };
  const keysAt = (keys, size) => keys.filter((key) => key.until === undefined || size <= key.until);
  const keysOfToday = (keys) => keys.filter((key) => key.until === undefined);

  // RFC 9162, 2.1.3.2.
  const rootOf = async (leaf, index, size, path) => {
    if (index >= size) return null;
    let [place, last, found] = [BigInt(index), BigInt(size - 1), leaf];
    for (const beside of path) {
      if (last === 0n) return null;
      if ((place & 1n) === 1n || place === last) {
        found = await nodeHash(beside, found);
        while (place !== 0n && (place & 1n) === 0n) { place >>= 1n; last >>= 1n; }
      } else {
        found = await nodeHash(found, beside);
      }
      place >>= 1n;
      last >>= 1n;
    }
    return last === 0n ? found : null;
  };

  // RFC 9162, 2.1.4.2.
  const continues = async (old, now, path) => {
    if (old.size > now.size) return false;
    if (old.size === now.size) return equal(old.root, now.root);
    if (old.size === 0) return true;
    const nodes = path.slice();
    let place = BigInt(old.size - 1);
    let last = BigInt(now.size - 1);
    if ((BigInt(old.size) & place) === 0n) nodes.unshift(old.root);
    while ((place & 1n) === 1n) { place >>= 1n; last >>= 1n; }
    let [before, after] = [nodes[0], nodes[0]];
    for (const beside of nodes.slice(1)) {
      if (last === 0n) return false;
      if ((place & 1n) === 1n || place === last) {
        before = await nodeHash(beside, before);
        after = await nodeHash(beside, after);
        while (place !== 0n && (place & 1n) === 0n) { place >>= 1n; last >>= 1n; }
      } else {
        after = await nodeHash(after, beside);
      }
      place >>= 1n;
      last >>= 1n;
    }
    return last === 0n && equal(before, old.root) && equal(after, now.root);
  };

  // Null where there is no such file. An answer that does not come is asked for once more.
  const asked = async (url, bytesMax) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await fetch(url, { credentials: "omit", redirect: "error", signal });
    if (!answer.ok) return null;
    const content = new Uint8Array(await answer.arrayBuffer());
    if (content.length > bytesMax) throw new Error("too long");
    return content;
  };
  const fetched = (url, bytesMax) => asked(url, bytesMax).catch(() => asked(url, bytesMax));

  // The files of the log: C2SP tlog-tiles.
  const filesAt = (url) => {
    const kept = new Map();
    const read = (path) => fetched(url + path, FILE_BYTES_MAX);
    const pathOf = (level, number, width) => {
      let groups = String(number % 1000).padStart(3, "0");
      for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
        groups = `x${String(rest % 1000).padStart(3, "0")}/${groups}`;
      }
      return `tile/${level}/${groups}${width === WIDTH ? "" : `.p/${width}`}`;
    };
    const tile = async (level, number, size) => {
      const count = level === "entries" ? size : Math.floor(size / WIDTH ** level);
      const width = Math.min(WIDTH, count - number * WIDTH);
      const path = pathOf(level, number, width);
      if (!kept.has(path)) {
        kept.set(path, await read(path) || await read(pathOf(level, number, WIDTH)));
      }
      return kept.get(path);
    };
    const node = async (level, index, size) => {
      const inside = level % 8;
      const count = 2 ** inside;
      const first = index * count;
      const content = await tile((level - inside) / 8, Math.floor(first / WIDTH), size);
      const begin = (first % WIDTH) * HASH;
      let hashes = [];
      for (let i = 0; i < count; i += 1) hashes.push(content.slice(begin + i * HASH, begin + (i + 1) * HASH));
      while (hashes.length > 1) {
        const above = [];
        for (let i = 0; i < hashes.length; i += 2) above.push(await nodeHash(hashes[i], hashes[i + 1]));
        hashes = above;
      }
      return hashes[0];
    };
    const half = (count) => 2 ** (BigInt(count - 1).toString(2).length - 1);
    const over = async (low, high, size) => {
      const count = high - low;
      const level = BigInt(count).toString(2).length - 1;
      if (2 ** level === count) return node(level, low / count, size);
      const middle = low + half(count);
      return nodeHash(await over(low, middle, size), await over(middle, high, size));
    };
    const consistency = async (old, now) => {
      if (old === 0 || old >= now) return [];
      const path = [];
      let [low, high, whole] = [0, now, true];
      while (old !== high) {
        const middle = low + half(high - low);
        if (old <= middle) {
          path.unshift(await over(middle, high, now));
          high = middle;
        } else {
          path.unshift(await over(low, middle, now));
          low = middle;
          whole = false;
        }
      }
      return whole ? path : [await over(low, high, now), ...path];
    };
    const entry = async (index, size) => {
      const content = await tile("entries", Math.floor(index / WIDTH), size);
      const begin = (index % WIDTH) * (2 + HASH);
      return content.slice(begin + 2, begin + 2 + HASH);
    };
    return { read, consistency, entry };
  };

  // Where the report of its day must count it: as `proof/counting.py` does, by the same tables.
  const figuresOf = (shown, tables) => {
    if (shown.lane === "drill") return [];
    if (shown.kind === "decision") {
      const isFake = shown.action === "refuse" && shown.harm === tables.fake;
      return [isFake ? "fake_accounts_refused" : tables.families[shown.action || "none"]];
    }
    if (shown.kind === "disclosed" && shown.outcome) return ["disclosures", "users_disclosed"];
    const figure = tables.figures[shown.kind] || tables.answers[`${shown.kind} ${shown.outcome}`];
    return figure ? [figure] : [];
  };
  const isShown = (figure, shown, report, tables) => report.figures[figure] !== 0
    && Object.values(report.breakdowns).filter((table) => table.figure === figure).every((table) => {
      const key = table.dimension === "hour" ? shown.at.slice(11, 13)
        : shown[tables.columns[table.dimension]] || "";
      return table.withheld || table.merged > 0 || table.rows.some((row) => row.key === key);
    });
  const published = async (url) => {
    const content = await fetched(url, REPORT_BYTES_MAX);
    return content && JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  };
  const reportOf = async (day, url) => {
    const list = url ? await published(`${url}index.json`) : null;
    const found = list && list.days.find((one) => one.day === day);
    return found ? published(`${url}${found.day}/report.json`) : null;
  };

  const checks = {
    leaf: async ({ receipt }) => {
      const first = await sha256(receipt.salt, utf8.encode(canonical(receipt.shown)));
      return equal(await sha256(utf8.encode("evenhand-record-1\n"), first, receipt.other), receipt.leaf);
    },
    path: async ({ receipt }) => {
      if (receipt.size !== receipt.head.size) return false;
      const root = await rootOf(await leafHash(receipt.leaf), receipt.index, receipt.size, receipt.path);
      return root !== null && equal(root, receipt.head.root);
    },
    signature: ({ receipt, keys }) => signedBy(receipt.head, keysAt(keys, receipt.head.size)),
    entry: async ({ receipt, files, now }) =>
      receipt.index < now.size && equal(await files.entry(receipt.index, now.size), receipt.leaf),
    consistency: async ({ receipt, files, keys, now }) => {
      const signed = await signedBy(now, keysOfToday(keys));
      if (signed === false) return false;
      const path = await files.consistency(receipt.head.size, now.size);
      return await continues(receipt.head, now, path) ? signed : false;
    },
    // Null where there is nothing to compare: no report yet, or one made before it was in the log.
    counted: async ({ receipt, tables, reports }) => {
      const { shown } = receipt;
      const figures = shown.gagged ? [] : figuresOf(shown, tables);
      const report = figures.length ? await reportOf(shown.day, reports) : null;
      if (!report || !report.log || receipt.index >= report.log.first) return null;
      if (figures.every((figure) => isShown(figure, shown, report, tables))) return true;
      return report.revision === 1 ? false : null;
    },
  };

  const section = document.querySelector("[data-proof]");
  if (!section || !window.crypto || !crypto.subtle) return;
  const list = section.querySelector("[data-proof-checks]");
  const fault = section.querySelector("[data-proof-fault]");
  const keyLine = section.querySelector("[data-proof-key]");
  const words = section.dataset;

  const tell = (item, result) => {
    const mark = item.querySelector("strong");
    item.dataset.result = String(result);
    item.hidden = result === null && item.dataset.check === "counted";
    mark.textContent = result === true ? words.holds : result === false ? words.fails : words.open;
    mark.className = result === true ? "tag good" : result === false ? "tag bad" : "tag";
  };

  const run = async (text) => {
    fault.hidden = true;
    list.hidden = true;
    keyLine.hidden = true;
    section.dataset.done = "";
    try {
      const receipt = readReceipt(text);
      const files = filesAt(words.log);
      const read = async (path) => new TextDecoder("utf-8", { fatal: true }).decode(await files.read(path));
      const keys = await readKeys(await read("keys.json"));
      const now = readNote(await read("checkpoint"));
      const tables = JSON.parse(document.getElementById("counting").textContent);
      const { reports } = words;
      const items = [...list.querySelectorAll("[data-check]")];
      items.forEach((item) => { item.querySelector("strong").textContent = words.running; });
      list.hidden = false;
      for (const item of items) {
        let result = false;
        try {
          result = await checks[item.dataset.check]({ receipt, files, keys, now, tables, reports });
        } catch (error) {
          result = null;
        }
        tell(item, result);
      }
      keyLine.querySelector(".code").textContent = (keysOfToday(keys)[0] || keys[0]).text;
      keyLine.hidden = false;
    } catch (error) {
      fault.hidden = false;
    }
    section.dataset.done = "yes";
  };

  section.hidden = false;
  const held = document.getElementById("receipt");
  const button = section.querySelector("[data-proof-run]");
  if (button && held) button.addEventListener("click", () => run(held.textContent));
  section.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (file) run(file.size > RECEIPT_BYTES_MAX ? "" : await file.text());
  });
})();
