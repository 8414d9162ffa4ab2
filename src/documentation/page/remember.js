// What the page remembers of answers, and what it fills into the next requests: ids by the names that requests use, the
// version of each thing, a key for each request. Knows nothing of Swagger UI.

/** @typedef {Readonly<Record<string, string | number>>} Values by name of parameter or field */
/** @typedef {{ readonly values: Values, readonly version?: number }} Prepared */

/**
 * @typedef {object} Answer
 * @property {number} [status]
 * @property {string} [url]
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {unknown} [obj]
 */

/** What the contract calls ids, and what else a later request takes from an earlier answer. */
const idNames = /Id$|^(batchNumber|verificationCode)$/;
/** Parameters of the query that are taken from answers; the others are filters, and stay empty. */
const takenIntoQuery = ['batchNumber', 'confirm'];

/** Operations are named by method and path, as in the contract: `post /v1/applications`. */
export function createKnown() {
  /** @type {Map<string, string | number>} */
  const ids = new Map();
  /** ETag of each thing, by its address. @type {Map<string, string>} */
  const versions = new Map();
  /** What the sandbox made for one operation. @type {Map<string, Prepared>} */
  const prepared = new Map();
  /** A key for each operation's next request. @type {Map<string, string>} */
  const keys = new Map();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  let edition = 0;

  function changed() {
    edition += 1;
    for (const tell of listeners) tell();
  }

  /** @param {string} operation */
  function keyOf(operation) {
    const key = keys.get(operation) ?? newKey();
    keys.set(operation, key);
    return key;
  }

  /** @param {string} operation @param {Prepared} made */
  function prepare(operation, made) {
    prepared.set(operation, made);
    changed();
  }

  /** @param {string} path @param {string} method @param {Answer} answer */
  function learn(path, method, { status = 0, url = '', headers = {}, obj }) {
    const operation = `${method} ${path}`;
    // A request that the service was too busy for is sent again with its key.
    if (status !== 503) keys.delete(operation);
    // What was made for one operation is no part of the case that goes on.
    if (status >= 200 && status < 300 && !prepared.has(operation)) {
      const address = new URL(url).pathname;
      learnIds(path, address, obj);
      learnVersions(address, headers['etag'], obj);
    }
    changed();
  }

  /** @param {string} path @param {string} address @param {unknown} answer */
  function learnIds(path, address, answer) {
    for (const [name, value] of idsInAddress(path, address)) ids.set(name, value);
    const collection = path.split('/').findLast((part) => !part.startsWith('{')) ?? '';
    const items = Object(answer)['items'];
    if (!Array.isArray(items)) {
      for (const [name, value] of idsIn(answer, collection)) ids.set(name, value);
      return;
    }
    // Of a list, what belongs to the things already known; nothing of it takes their place.
    const found = items.map((item) => idsIn(item, collection));
    const own = found.find((of) => [...of].some(([name, id]) => ids.get(name) === id)) ?? found[0];
    for (const [name, value] of own ?? []) if (!ids.has(name)) ids.set(name, value);
  }

  /** @param {string} address @param {string | undefined} etag @param {unknown} answer */
  function learnVersions(address, etag, answer) {
    const thing = thingOf(address);
    const { items } = Object(answer);
    for (const one of Array.isArray(items) ? items : [answer]) {
      const { id, version, applicationId, applicationVersion } = Object(one);
      if (typeof applicationVersion === 'number')
        versions.set(applicationId ? `/v1/applications/${applicationId}` : thing, `"${applicationVersion}"`);
      if (typeof version === 'number' && !isOneThing(thing)) versions.set(`${thing}/${id}`, `"${version}"`);
    }
    if (isOneThing(thing) && etag !== undefined && /^"\d+"$/.test(etag)) versions.set(thing, etag);
  }

  /**
   * What a parameter is filled with; undefined when nothing is known.
   *
   * @param {string} path
   * @param {string} method
   * @param {string} place
   * @param {string} name
   */
  function valueFor(path, method, place, name) {
    const operation = `${method} ${path}`;
    const made = prepared.get(operation);
    if (place === 'header') {
      if (name === 'Idempotency-Key') return keyOf(operation);
      if (name !== 'If-Match') return undefined;
      return made?.version === undefined ? versions.get(thingOf(addressOf(path))) : `"${made.version}"`;
    }
    if (place === 'query') return takenIntoQuery.includes(name) ? ids.get(name) : undefined;
    const whose = nameIn(path, name);
    return made?.values[whose] ?? ids.get(whose);
  }

  /** The path with the ids that are known. @param {string} path */
  function addressOf(path) {
    return path.replaceAll(/\{(\w+)\}/g, (unknown, name) => String(ids.get(nameIn(path, name)) ?? unknown));
  }

  /**
   * An example of a body with the ids of answers instead of its own.
   *
   * @param {string} path
   * @param {string} method
   * @param {unknown} example text for a file
   * @returns {unknown}
   */
  function bodyFor(path, method, example) {
    if (typeof example === 'string') return textFor(example);
    const made = prepared.get(`${method} ${path}`);
    return JSON.parse(JSON.stringify(example), (name, value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return value;
      const given = made?.values[name];
      if (given !== undefined) return given;
      return idNames.test(name) ? (ids.get(name) ?? value) : value;
    });
  }

  /** The file of a bank for the batch and the line that are known. @param {string} example */
  function textFor(example) {
    const uuid = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
    return example
      .replaceAll(/\bFF\d\d-\d{5}-\d\d\b/g, (batch) => String(ids.get('batchNumber') ?? batch))
      .replaceAll(uuid, (line) => String(ids.get('lineId') ?? line));
  }

  return {
    learn,
    prepare,
    valueFor,
    bodyFor,
    /** @param {string} operation */
    isPrepared: (operation) => prepared.has(operation),
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Another number after each change. */
    edition: () => edition,
  };
}

/** Works over plain http too, where `crypto.randomUUID` is missing. */
function newKey() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * `apiClientId` for `{id}` of the collection `api-clients`; other parameters keep their names.
 *
 * @param {string} name
 * @param {string} collection
 */
function nameOf(name, collection) {
  if (name !== 'id') return name;
  const one = collection.replace(/ies$/, 'y').replace(/s$/, '');
  return `${one.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase())}Id`;
}

/** @param {string} path @param {string} name */
function nameIn(path, name) {
  const parts = path.split('/');
  return nameOf(name, parts[parts.indexOf(`{${name}}`) - 1] ?? '');
}

/** @param {string} path @param {string} address @returns {[name: string, value: string][]} */
function idsInAddress(path, address) {
  const values = address.split('/');
  return path.split('/').flatMap((part, index) => {
    if (!part.startsWith('{')) return [];
    return [[nameIn(path, part.slice(1, -1)), decodeURIComponent(values[index] ?? '')]];
  });
}

/**
 * Ids in an answer, by the names that requests use; of a list within it, the first item's.
 *
 * @param {unknown} answer
 * @param {string} collection
 */
function idsIn(answer, collection) {
  /** @type {Map<string, string | number>} */
  const found = new Map();
  /** @param {unknown} value @param {number} depth */
  function look(value, depth) {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Array.isArray(value) ? value.slice(0, 1).entries() : Object.entries(value)) {
      if (name === 'id' && depth === 0) found.set(nameOf('id', collection), String(inner));
      else if (name === 'fingerprint' && typeof inner === 'string') found.set('confirm', inner);
      else if (idNames.test(String(name)) && typeof inner === 'string') found.set(String(name), inner);
      else look(inner, depth + 1);
    }
  }
  look(answer, 0);
  return found;
}

/** The address of the thing that a request is about: `/v1/disbursements/…` for everything below it. @param {string} address */
function thingOf(address) {
  return address.split('/').slice(0, 4).join('/');
}

/** @param {string} thing */
function isOneThing(thing) {
  return thing.split('/').length === 4;
}
