// Who may see which page: a CloudFront Function (viewer request, runtime cloudfront-js-2.0) for page
// behaviours. docs/browser.md says what it is told, and by whom.
//
// The runtime has less of the language than Node.js: no destructuring, spread, classes or `?.`, and no
// `await` among arguments. infra/tests/pages.test.ts runs this very file.
import cf from 'cloudfront';
const crypto = require('crypto');

const kvs = cf.kvs();

const COOKIE = '__Host-gatepost-pages';

// The longest cookie that the session function makes.
const MAX_PASS_CHARACTERS = 3800;

// The longest key of an object in S3. Longer paths are no pages, and would take long to match.
const MAX_PATH_CHARACTERS = 1024;

// CloudFront ends functions that take too long. Patterns that would come near it, by the characters that have
// been compared one by one, let nobody see anything.
const MAX_COMPARISONS = 4000;
let comparisons = 0;

// Leaves room in the address for what the provider adds.
const MAX_NEXT_CHARACTERS = 2048;

async function handler(event) {
  const request = event.request;
  const path = pagePath(request.uri);
  if (path === null) return refusal(400, 'Bad Request', 'The address of this page is not written as it must be.');

  const config = await readConfig();
  if (config === null) return refusal(503, 'Service Unavailable', 'This site has not been set up yet.');
  comparisons = 0;
  const isPublic = matchesAny(config.public, path);
  if (isPublic && comparisons <= MAX_COMPARISONS) return page(request, config);

  const pass = await readPass(request);
  if (pass === null) return redirect(config.login + '?next=' + next(request));
  const isAllowed = allows(pass.r, 'page' + path);
  if (comparisons > MAX_COMPARISONS) return refusal(503, 'Service Unavailable', 'It takes too long to tell whether you may see this page.');
  if (isAllowed) return page(request, config);
  if (path === config.home) return refusal(403, 'Forbidden', 'You may not see this page.');
  return redirect(config.home);
}

// The path, decoded once; null if there is another way to write it, or if S3 could take it for another.
function pagePath(uri) {
  if (uri.length > MAX_PATH_CHARACTERS || !/^\/[!-[\]-~]*$/.test(uri)) return null;
  // Beyond the Basic Multilingual Plane (%F…) runtimes count characters differently, and `?` is for one.
  if (/\/\/|%(?![0-9a-f]{2})|%2f|%5c|%f/i.test(uri)) return null;
  let path;
  try {
    path = decodeURIComponent(uri);
  } catch (error) {
    return null; // No UTF-8, or an overlong form of it.
  }
  return /[\u0000-\u001f\u007f-\u009f]|\/\.\.?(\/|$)/.test(path) ? null : path;
}

async function readConfig() {
  try {
    const text = await kvs.get('config');
    const config = JSON.parse(text);
    const isRight = isText(config.login) && isText(config.home) && areTexts(config.public);
    return isRight ? config : null;
  } catch (error) {
    return null;
  }
}

// What a genuine, current pass for this host says; null if there is none.
async function readPass(request) {
  try {
    const cookie = request.cookies[COOKIE];
    // No browser sends two of a name that begins with __Host-.
    if (!cookie || cookie.multiValue || cookie.value.length > MAX_PASS_CHARACTERS) return null;
    const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/.exec(cookie.value);
    if (!parts) return null;

    // Nothing but the key's name is looked at before the signature. Text in JSON has no bare quotes,
    // so that this can be no part of a value.
    const payload = Buffer.from(parts[1], 'base64url').toString('utf8');
    const keyId = /"k"\s*:\s*"([A-Za-z0-9._-]{1,64})"/.exec(payload);
    if (!keyId) return null;
    const key = await kvs.get('key:' + keyId[1]);
    const keyBytes = Buffer.from(key, 'base64url');
    if (keyBytes.length !== 32) return null;
    const signature = crypto.createHmac('sha256', keyBytes).update('gatepost-page-pass-v1.' + parts[1]).digest('base64url');
    if (!isSame(signature, parts[2])) return null;

    const pass = JSON.parse(payload);
    const isForHere = pass.k === keyId[1] && pass.h === request.headers.host.value.toLowerCase();
    const isCurrent = typeof pass.e === 'number' && pass.e * 1000 > Date.now();
    return isForHere && isCurrent && Array.isArray(pass.r) && pass.r.every(isRule) ? pass : null;
  } catch (error) {
    return null; // A key that is gone, among others.
  }
}

function isRule(rule) {
  return Array.isArray(rule) && rule.length === 2 && isText(rule[0]) && /^(allow|deny)(_not)?$/.test(rule[0]) && areTexts(rule[1]);
}

function areTexts(values) {
  return Array.isArray(values) && values.every(isText);
}

function isText(value) {
  return typeof value === 'string';
}

// Takes the same time wherever two texts differ.
function isSame(a, b) {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function allows(rules, resource) {
  let allowed = false;
  for (let i = 0; i < rules.length; i++) {
    const kind = rules[i][0];
    const isAbout = matchesAny(rules[i][1], resource) !== kind.endsWith('_not');
    if (isAbout && kind.startsWith('deny')) return false;
    if (isAbout) allowed = true;
  }
  return allowed;
}

function matchesAny(patterns, text) {
  return patterns.some((pattern) => matches(pattern, text));
}

// IAM's wildcards: `*` for any run of characters, `?` for one. What stands between two stars is looked
// for once, from left to right, and never again.
function matches(pattern, text) {
  const pieces = pattern.split('*');
  const first = pieces[0];
  if (pieces.length === 1) return first.length === text.length && isAt(first, text, 0);
  const last = pieces[pieces.length - 1];
  const end = text.length - last.length;
  if (end < first.length || !isAt(first, text, 0) || !isAt(last, text, end)) return false;
  let from = first.length;
  for (let i = 1; i < pieces.length - 1; i++) {
    const at = find(pieces[i], text, from);
    from = at + pieces[i].length;
    if (at < 0 || from > end) return false;
  }
  return true;
}

function find(piece, text, from) {
  if (from + piece.length > text.length) return -1;
  // Where the first characters that are no `?` are, the rest may be.
  const before = /^\?*/.exec(piece)[0].length;
  const known = piece.slice(before).split('?')[0];
  let at = text.indexOf(known, from + before);
  while (at >= 0 && comparisons <= MAX_COMPARISONS && !isAt(piece, text, at - before)) at = text.indexOf(known, at + 1);
  return at < 0 ? -1 : at - before;
}

function isAt(piece, text, at) {
  if (piece.indexOf('?') < 0) return text.startsWith(piece, at);
  for (let i = 0; i < piece.length; i++) {
    comparisons++;
    if (piece[i] !== '?' && piece[i] !== text[at + i]) return false;
  }
  return true;
}

// Where to go on after signing in: the address as it was asked for, as the value of a parameter.
function next(request) {
  const parameters = [];
  Object.keys(request.querystring).forEach((name) => {
    const parameter = request.querystring[name];
    (parameter.multiValue || [parameter]).forEach((entry) => parameters.push(name + '=' + entry.value));
  });
  const address = request.uri + (parameters.length > 0 ? '?' + parameters.join('&') : '');
  const isTooMuch = address.length > MAX_NEXT_CHARACTERS || !/^[!-~]*$/.test(address);
  return encodeURIComponent(isTooMuch ? request.uri : address);
}

function page(request, config) {
  if (config.index && request.uri.endsWith('/')) request.uri += config.index;
  return request;
}

function redirect(location) {
  return {
    statusCode: 302,
    statusDescription: 'Found',
    headers: { 'location': { value: location }, 'cache-control': { value: 'no-store' } },
  };
}

function refusal(statusCode, statusDescription, message) {
  return {
    statusCode: statusCode,
    statusDescription: statusDescription,
    headers: { 'content-type': { value: 'text/plain; charset=utf-8' }, 'cache-control': { value: 'no-store' } },
    body: { encoding: 'text', data: message + '\n' },
  };
}
