// The contract of contract.py, for programs of Node.js.
export const STAMPS = 20;
export const PACE = 5;
export const SILENCE = 20_000;

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds).unref());

export function numbers(lastEventId) {
  const first = Number(lastEventId || 0) + 1;
  const items = [];
  for (let n = first; n < Math.min(first + 3, 10); n++) items.push([String(n), `café ${n}\n日本 of 9`]);
  if (first >= 7) items.push(["10", "end"]);
  return items;
}

export const beforeFailure = (lastEventId) =>
  lastEventId ? [["3", "three"], ["4", "end"]] : [["1", "one"], ["2", "two"]];

export class Failure extends Error {}

// As json.dumps of Python writes it, with escapes.
export const words = (asked) => [
  ...asked.map((word) =>
    `{"word": ${JSON.stringify(word).replace(/[\u0080-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"))}}`),
  "[DONE]",
];

export const stamp = () => String(process.hrtime.bigint());

export function block(data, id) {
  const lines = data.split("\n").map((line) => `data: ${line}\n`);
  return (id === undefined ? "" : `id: ${id}\n`) + lines.join("") + "\n";
}
