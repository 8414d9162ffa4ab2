// tap for a test file that shares its process with others: what it calls the root is a subtest of its own. Holds no test.

import root, { type Test } from 'tap';

let ofFile: Test = root;

/** From now on a file that imports tap has this test as its root. */
export function giveRoot(test: Test): void {
  ofFile = test;
}

// biome-ignore lint/style/noDefaultExport: tap’s own is one.
export default new Proxy(root, {
  get(_root, name) {
    const value: unknown = Reflect.get(ofFile, name);
    return typeof value === 'function' ? value.bind(ofFile) : value;
  },
});
