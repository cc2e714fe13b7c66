// Proof of work for the report form: looks for a number with which the challenge's SHA-256 begins
// with enough zero bits, in short turns, while the person is still writing. Works on
// <form data-challenge="…"> and on nothing else; without it the form is sent as it is.
"use strict";

(() => {
  const K = [];
  const START = [];

  const roots = () => {
    const fraction = (value) => ((value - Math.floor(value)) * 0x100000000) | 0;
    for (let number = 2; K.length < 64; number += 1) {
      let prime = true;
      for (let factor = 2; factor * factor <= number; factor += 1) {
        if (number % factor === 0) { prime = false; break; }
      }
      if (prime) {
        if (START.length < 8) START.push(fraction(Math.sqrt(number)));
        K.push(fraction(Math.cbrt(number)));
      }
    }
  };

  const turned = (value, by) => (value >>> by) | (value << (32 - by));

  // Gives the first 32 bits of SHA-256 of a text in ASCII; they hold every zero that is asked for.
  const firstBits = (text) => {
    const blocks = ((text.length + 8) >> 6) + 1;
    const words = new Int32Array(blocks * 16);
    for (let place = 0; place < text.length; place += 1) {
      words[place >> 2] |= text.charCodeAt(place) << (24 - (place % 4) * 8);
    }
    words[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
    words[blocks * 16 - 1] = text.length * 8;
    const sum = START.slice();
    const w = new Int32Array(64);
    for (let begin = 0; begin < words.length; begin += 16) {
      for (let i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = words[begin + i];
        } else {
          const a = w[i - 15];
          const b = w[i - 2];
          const s0 = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3);
          const s1 = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
      }
      let [a, b, c, d, e, f, g, h] = sum;
      for (let i = 0; i < 64; i += 1) {
        const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((value, place) => { sum[place] = (sum[place] + value) | 0; });
    }
    return sum[0];
  };

  const start = (form) => {
    const challenge = form.dataset.challenge;
    const bits = Math.min(32, Number(challenge.split(".")[2]));
    const field = form.elements.namedItem("number");
    const working = form.querySelector("[data-working]");
    let wanted = false;
    let number = 0;
    const turn = () => {
      const until = performance.now() + 25;
      while (performance.now() < until) {
        for (let tries = 0; tries < 200; tries += 1) {
          if (Math.clz32(firstBits(`${challenge}:${number}`)) >= bits) {
            field.value = String(number);
            if (wanted) form.submit();
            return;
          }
          number += 1;
        }
      }
      setTimeout(turn, wanted ? 0 : 10);
    };
    form.addEventListener("submit", (event) => {
      // What misses a field is answered at once and kept nowhere; it needs no calculation.
      if (field.value || [...form.elements].some((one) => one.validity.valueMissing)) return;
      event.preventDefault();
      wanted = true;
      working.hidden = false;
    });
    turn();
  };

  roots();
  document.querySelectorAll("form[data-challenge]").forEach(start);
})();
