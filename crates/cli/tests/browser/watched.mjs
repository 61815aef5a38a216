// What pages do besides what a test asks of them: what they ask for, what the browser complains of, and that
// neither leaves this machine nor gives away a token.

import assert from "node:assert/strict";

// Chromium itself is to stay off the network. The sandbox needs what containers do not have.
export const LAUNCH = {
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

// The base64url of `{"`, with which every JWT begins, and its next part: without that, random text may look so.
export const TOKEN = /eyJ[\w-]+\.[\w-]/;

/** The requests of a page from now on, and what the browser complains of, but for what a test provokes. */
export function watch(page, provoked = null) {
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("console", (message) => {
    const isComplaint = ["error", "warning"].includes(message.type());
    if (isComplaint && !provoked?.test(message.text())) complaints.push(message.text());
  });
  return { requests, complaints };
}

/** That nothing has left this machine, no token was part of an address, and there was no complaint. */
export function assertQuiet({ requests, complaints }) {
  assert.deepEqual(complaints, []);
  const addresses = requests.map((request) => request.url()).filter((url) => !/^(blob|data):/.test(url));
  const leaving = addresses.filter((url) => !["127.0.0.1", "localhost"].includes(new URL(url).hostname));
  assert.deepEqual(leaving, []);
  assert.deepEqual(addresses.filter((url) => TOKEN.test(url)), []);
}
