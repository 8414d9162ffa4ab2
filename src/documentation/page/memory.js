// Remembers the ids and versions of answers, so that the next operation is filled in with them.

/** @type {UiPlugin} */
export const memory = () => ({});
