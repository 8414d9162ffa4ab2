/** Makes a thing once for each key: the same few days are asked for a hundred thousand times, and Temporal is exact but not fast. */
export function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
  };
}
