// Taking things out of the page as files, made here and not by the server.

/**
 * @param {string} name
 * @param {string} type
 * @param {BlobPart} content
 */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // Once the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {string} name @param {unknown} value */
export function downloadJson(name, value) {
  download(name, "application/json", `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * RFC 4180. Text that a spreadsheet would take for a formula begins with an apostrophe, as in
 * `gatepost matrix --format csv`.
 *
 * @param {string[]} head
 * @param {unknown[][]} rows
 */
export function csv(head, rows) {
  return [head, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** @param {unknown} value */
function field(value) {
  const plain = value === null || value === undefined ? "" : String(value);
  const text = /^[=+\-@\t\r]/.test(plain) && !/^-?\d+(\.\d+)?$/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
