// What CloudFront's runtime cloudfront-js-2.0 has beside the language, as far as the function of the pages uses it:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// It is the module `cloudfront`, and is run before the function. What it cannot do by itself is for `host` to do,
// which the emulator lends it, and which knows bytes as arrays.
const host = globalThis.host;
delete globalThis.host;

Date.now = () => host.now;

globalThis.console = { log: (...values) => host.log(values.map(String).join(' ')) };

globalThis.Buffer = class Buffer extends Uint8Array {
  static from(value, encoding) {
    return new Buffer(bytesOf(value, encoding));
  }

  toString(encoding = 'utf8') {
    if (encoding === 'utf8') return host.text(Array.from(this));
    if (encoding === 'base64url') return host.base64url(Array.from(this));
    throw new TypeError(`there is no encoding ${encoding} here`);
  }
};

globalThis.require = (name) => {
  if (name !== 'crypto') throw new Error(`there is no module ${name}`);
  return {
    createHash: (algorithm) => digest(algorithm, host.sha256),
    createHmac: (algorithm, key) => digest(algorithm, (bytes) => host.hmacSha256(Array.from(bytesOf(key)), bytes)),
  };
};

function bytesOf(value, encoding = 'utf8') {
  if (typeof value !== 'string') return value;
  if (encoding === 'utf8') return host.bytesOfText(value);
  if (encoding === 'base64url') return host.bytesOfBase64(value);
  throw new TypeError(`there is no encoding ${encoding} here`);
}

function digest(algorithm, compute) {
  if (algorithm !== 'sha256') throw new TypeError(`there is no algorithm ${algorithm} here`);
  const bytes = [];
  const self = {
    update: (value, encoding) => (bytes.push(...bytesOf(value, encoding)), self),
    digest: (encoding) => {
      const result = Buffer.from(compute(bytes));
      return encoding === undefined ? result : result.toString(encoding);
    },
  };
  return self;
}

async function get(key) {
  const value = host.entry(key);
  if (value === undefined) throw new Error(`KeyNotFound: ${key}`);
  return value;
}

export default { kvs: () => ({ get }) };
